"""
Logs: one line an event, for machines (JSON) or people (console), each with the id of the request that caused it.

Lines of libraries that use the standard ``logging`` take the same form.
"""

import logging.config
from typing import Literal

import structlog
from structlog.typing import Processor

Form = Literal["json", "console"]

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.UnicodeDecoder(),
]


def configure(form: Form, level: str) -> None:
    """
    Set up this process's logs, on standard error. May be called again.

    :param form: ``json`` or ``console``.
    :param level: the least level that is written, such as ``INFO``.
    :raises ValueError: if either is unknown.
    """
    if form not in ("json", "console"):
        raise ValueError(f"LOG_FORMAT is {form!r}; it is json or console.")
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(form)],
                    "foreign_pre_chain": [*_SHARED, structlog.stdlib.ExtraAdder()],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                # Says each call's failure itself; we translate it to Unavailable and say it once.
                "pymilvus": {"level": "CRITICAL"},
                # Greets on every start.
                "axes": {"level": "WARNING"},
                # Writes every request again, without its id.
                "django.server": {"level": "ERROR"},
            },
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _rendering(form: Form) -> list[Processor]:
    if form == "console":
        return [structlog.dev.ConsoleRenderer(pad_event_to=0, exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
