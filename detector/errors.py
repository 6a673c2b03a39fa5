"""The errors that detector raises on purpose.

Every message says what is wrong, where (``source#record``) and what to do about it, so that a
command line can print it as it stands.
"""


class DetectorError(Exception):
    """Base of every error raised on purpose by this package."""


class ReadError(DetectorError):
    """An input, or one record of it, cannot be read."""


class LexiconError(DetectorError):
    """A phrase list or a template file breaks the rules of its format."""


class CorpusError(DetectorError):
    """Labelled training or test text is malformed."""


class ModelError(DetectorError):
    """A model is missing, damaged or made for other features."""


class ConfigError(DetectorError):
    """Arguments contradict each other or are out of range."""


class WorkerError(DetectorError):
    """A process ended before its work did: it was killed, or memory ran out."""


class MissingExtraError(DetectorError, ImportError):
    """An optional dependency is not installed."""
