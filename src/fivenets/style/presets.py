"""How far a picture may go from its content: one number, and names for three of them."""

from collections.abc import Mapping
from typing import Any

from fivenets.core.params import SettingError
from fivenets.style.settings import Settings

# Marks between the content, 0, and the style, 1; a model's own settings are in the middle.
PRESETS = {"faithful": 0.0, "balanced": 0.5, "wild": 1.0}
OWN = PRESETS["balanced"]
# Of the ends: what the content weighs in parts of the model's own weight, and how much of its
# detail each finer scale starts with.
FAITHFUL_WEIGHT, WILD_WEIGHT = 5.0, 0.15
FAITHFUL_DETAIL, WILD_DETAIL = 1.0, 0.5
WILD_NOISE = 0.25  # of the start; more speckles what the style does not cover


def strength_in(options: Mapping[str, Any]) -> float:
    """How far, as `options` say it: by a `strength`, a `preset`, or neither.

    Raises: SettingError for both, for another preset, and for a strength out of range.
    """
    preset, strength = options.get("preset"), options.get("strength")
    if preset is None:
        wanted = OWN if strength is None else strength
    elif strength is not None:
        raise SettingError("strength", f"should not be given with a preset, it is {strength!r}")
    elif preset not in PRESETS:
        raise SettingError("preset", f"should be one of {', '.join(PRESETS)}, it is {preset!r}")
    else:
        wanted = PRESETS[preset]
    if isinstance(wanted, bool) or not isinstance(wanted, int | float) or not 0 <= wanted <= 1:
        raise SettingError("strength", f"should lie in 0..1, it is {wanted!r}")
    return float(wanted)


def settings_at(strength: float, own: Settings) -> dict[str, Any]:
    """What stands in place of a model's `own` settings at a strength in 0..1.

    All but the number of scales changes smoothly: close to the content, what a coarse scale
    paints is too large to follow it.
    """
    end = abs(strength - OWN) / OWN  # how near to an end: 0 in the middle
    if strength < OWN:
        at_least_half_way = {"coarse_scales": min(own.coarse_scales, 1)} if end > 0.5 else {}
        return {
            "content_weight": own.content_weight * FAITHFUL_WEIGHT**end,
            "detail": (1 - end) * own.detail + end * FAITHFUL_DETAIL,
            **at_least_half_way,
        }
    if strength > OWN:
        return {
            "content_weight": own.content_weight * WILD_WEIGHT**end,
            "detail": (1 - end) * own.detail + end * WILD_DETAIL,
            "initial": "blend",
            "noise": end * WILD_NOISE,
        }
    return {}
