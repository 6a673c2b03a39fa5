"""``detector serve``: a page to look at results and mend them, and a REST service.

Nothing that is sent is kept, neither on disk nor in logs. Needs the extra ``web``.
"""
