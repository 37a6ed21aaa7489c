"""``GET /``: what the platforms accepted, newest first, for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from aiohttp import web

from sandbox.clock import moment
from sandbox.ledger import Comment, Post
from sandbox.world import World

SHOWN: Final = 40
NAMES: Final = {
    "twitter": "X",
    "threads": "Threads",
    "instagram": "Instagram",
    "facebook": "Facebook",
    "linkedin": "LinkedIn",
    "tiktok": "TikTok",
}
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https:"
PICTURES: Final = (".jpg", ".jpeg", ".png", ".gif", ".webp")
STYLE: Final = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem; color: #1d2129; background: #f4f5f7 }
h1 { font-size: 1.3rem; margin: 0 }
header p { margin: .2rem 0 1rem; color: #57606a }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)) }
section { min-width: 0; overflow-wrap: anywhere }
h2 { font-size: 1rem; margin: 0 0 .5rem }
h2 small, .by, .media, .comment { color: #57606a; font-weight: normal; font-size: .85rem }
article { background: #fff; border: 1px solid #d8dce2; border-radius: 6px; padding: .6rem .8rem;
  margin-bottom: .6rem }
article p { margin: .3rem 0; white-space: pre-wrap }
.gone { opacity: .55 }
.gone p { text-decoration: line-through }
.kind { float: right; background: #e8ecf2; border-radius: 3px; padding: 0 .4rem; font-size: .8rem }
.media { display: block }
img { max-width: 100%; max-height: 9rem; border-radius: 4px; display: block; margin: .3rem 0 }
.warning { background: #fff1d6; padding: .4rem .8rem; border-radius: 6px }
"""


class Page:
    """The page over one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def show(self, _request: web.Request) -> web.Response:
        headers = {"content-security-policy": POLICY}
        return web.Response(text=self.html(), content_type="text/html", headers=headers)

    def html(self) -> str:
        ledger, now = self.world.ledger, self.world.clock.now()
        twice = ledger.summary()["duplicates"]
        warning = (
            f'<p class="warning">{len(twice)} accepted more than once: see'
            " <code>/_sandbox/ledger?summary=1</code></p>"
            if twice
            else ""
        )
        columns = "".join(self._column(platform, now) for platform in NAMES)
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>Sandbox: {len(ledger.posts)} posts</title><style>{STYLE}</style></head>"
            "<body><header><h1>Sandbox of six platforms</h1>"
            f"<p>{len(ledger.posts)} posts accepted, newest first. {_when(now)} by its clock.</p>"
            f"{warning}</header><main>{columns}</main></body></html>"
        )

    def _column(self, platform: str, now: float) -> str:
        posts = self.world.ledger.newest(platform, SHOWN)
        count = self.world.ledger.counts[platform]
        names = {
            account.id: account.username
            for post in posts
            if (account := self.world.accounts.by_id.get((platform, post.account))) is not None
        }
        shown = "".join(_article(post, names.get(post.account, ""), now) for post in posts)
        more = f"<p>and {count - len(posts)} earlier</p>" if count > len(posts) else ""
        title = f"{NAMES[platform]} <small>{count}</small>"
        return f"<section><h2>{title}</h2>{shown or '<p>Nothing yet.</p>'}{more}</section>"


def _article(post: Post, username: str, now: float) -> str:
    gone = "" if post.there(now) else ' class="gone"'
    reply = f", reply to {escape(post.reply_to)}" if post.reply_to else ""
    by = f"@{escape(username)} ({escape(post.account)}) · {_when(post.at)}{reply}"
    return (
        f'<article{gone}><span class="kind">{escape(post.kind)}</span>'
        f'<span class="by">{by}</span><p>{escape(post.text)}</p>{_altered(post)}'
        f"{_media(post.media, post.details.get('alt_texts') or ())}{_comments(post.comments)}"
        f'<span class="by">{escape(post.url)}</span></article>'
    )


def _altered(post: Post) -> str:
    return "" if post.shown == post.text else f'<p class="comment">shown: {escape(post.shown)}</p>'


def _media(media: Sequence[str], alts: Sequence[str | None]) -> str:
    found = ""
    for number, source in enumerate(media):
        alt = (alts[number] if number < len(alts) else None) or ""
        if source.startswith("http") and source.partition("?")[0].endswith(PICTURES):
            found += f'<img loading="lazy" src="{escape(source)}" alt="{escape(alt)}">'
        found += f'<span class="media">{escape(source)}{escape(alt and f" ({alt})")}</span>'
    return found


def _comments(comments: Iterable[Comment]) -> str:
    return "".join(f'<p class="comment">↳ {escape(comment.text)}</p>' for comment in comments)


def _when(at: float) -> str:
    return moment(at).strftime("%Y-%m-%d %H:%M:%S UTC")
