"""Who may open which route. A route that is not in the table cannot be added to the app."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Access(StrEnum):
    ANYONE = "anyone"
    TRAINING = "training"
    """A signed-in operator, or somebody in training."""
    OPERATOR = "operator"
    """A signed-in operator: real cards."""


PERMISSIONS: Mapping[str, Access] = MappingProxyType(
    {
        "assets": Access.ANYONE,
        "language": Access.ANYONE,
        "icon": Access.ANYONE,
        "sign_in": Access.ANYONE,
        "sign_in_finish": Access.ANYONE,
        "train": Access.ANYONE,
        "poster_landing": Access.ANYONE,  # the signed link on the poster is the permission
        "poster_start": Access.ANYONE,
        "poster_visit": Access.ANYONE,
        "sign_out": Access.TRAINING,
        "choose": Access.TRAINING,
        "start": Access.TRAINING,
        "check": Access.TRAINING,
        "progress": Access.TRAINING,
        "practice": Access.TRAINING,
        "stop": Access.TRAINING,
        "face": Access.TRAINING,
        "record": Access.TRAINING,
        "in_language": Access.TRAINING,
        "history": Access.TRAINING,
        "settings": Access.TRAINING,
        "help": Access.TRAINING,
        "again": Access.OPERATOR,
        "extend": Access.OPERATOR,
        "plastic": Access.OPERATOR,
        "plastic_check": Access.OPERATOR,
        "poster": Access.OPERATOR,
        "visitors": Access.OPERATOR,
        "trust": Access.OPERATOR,
        "trust_update": Access.OPERATOR,
    }
)
