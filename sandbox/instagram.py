"""Instagram: https://developers.facebook.com/docs/instagram-platform"""

from __future__ import annotations

from sandbox.meta import Containers, refuse, wording
from sandbox.routes import Call, SimulatedPlatform
from sandbox.work import Work


def kind_of(call: Call) -> str:
    kind = str(call.form.get("media_type", "IMAGE"))
    if kind == "CAROUSEL" and "children" in call.form:
        return kind
    if kind not in ("IMAGE", "VIDEO", "REELS", "STORIES"):
        raise refuse(100, "The media type is not supported", 2207023)
    if not {"image_url", "video_url"} & set(call.form):
        raise refuse(9004, "The media could not be fetched from this URI", 2207052)
    return kind


def link(container: Work) -> str:
    folder = "reel" if container.kind == "REELS" else "p"
    return f"https://www.instagram.com/{folder}/{container.id}/"


CONTAINERS = Containers(
    create="media",
    publish="media_publish",
    status_field="status_code",
    reason_field="status",
    text_field="caption",
    text_max=2200,
    listing="media",
    kind_of=kind_of,
    link=link,
)

INSTAGRAM = SimulatedPlatform("instagram", CONTAINERS.routes(), wording(80002))
