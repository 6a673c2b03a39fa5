"""Results as HTML for people: the view of one page, and a report of many in one file."""
