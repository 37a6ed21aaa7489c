"""People schedule, follow and answer posts; programs read the same as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from uuid import UUID

import psycopg
import pytest

from dev.stage import ROOT
from domain.content import Platform
from ops.__main__ import main
from tests.collecting import an_account_with
from tests.history import month_before, snapshot
from tests.make import KEYRING, a_post, a_user, an_account, row_of, value
from tests.ops.conftest import Run
from tests.system import System

ADA = ("--user", "ada@example.org")
TOKENS = json.dumps({"access_token": "sesame", "refresh_token": "open", "expires_at": None})


@pytest.fixture
def ada(publishing: Run) -> str:
    """A user with accounts on X and Threads, connected by command."""
    added = publishing(
        *("users", "add", "--name", "Ada", "--email", "ada@example.org"),
        *("--password-stdin", "--json"),
        stdin="correct horse\n",
    )
    for platform in ("twitter", "threads"):
        done = publishing(
            *("accounts", "add", *ADA, "--platform", platform),
            *("--platform-user-id", "4400", "--username", "ada"),
            stdin=TOKENS,
        )
        assert done.code == 0, done.err
    return str(added.document["id"])


def schedule(publishing: Run, *more: str, to: str = "twitter", at: str = "+5m"):
    return publishing("posts", "schedule", *ADA, "--to", to, "--at", at, "--json", *more)


def test_passwords_and_tokens_are_stored_so_that_nobody_reads_them(
    ada: str, publishing: Run, connection: psycopg.Connection
):
    user = row_of(connection, "users", UUID(ada))
    assert user.password.startswith("$argon2id$")
    account = connection.execute("SELECT id, access_token FROM social_accounts").fetchone()
    assert account is not None
    assert KEYRING.open(account[1], row=account[0], column="access_token") == "sesame"
    shown = publishing("accounts", "list", "--json").out + publishing("users", "list").out
    for secret in ("sesame", "horse", "argon2"):
        assert secret not in shown


def test_a_scheduled_post_is_listed_shown_and_explained(ada: str, publishing: Run):
    done = schedule(publishing, "--text", "Good morning", to="twitter,threads")
    assert done.code == 0, done.err
    post = done.document["id"]
    (listed,) = publishing("posts", "list", "--json").document
    assert (listed["id"], listed["status"]) == (post, "scheduled")
    shown = publishing("posts", "show", post, "--json").document
    assert [p["platform"] for p in shown["publications"]] == ["threads", "twitter"]
    told = publishing("posts", "explain", post)
    assert told.out.count("It is due at") == 2
    assert publishing("posts", "list", "--status", "failed", "--json").document == []


def test_a_post_goes_out_now_and_its_story_is_told(
    ada: str, publishing: Run, system: System, connection: psycopg.Connection
):
    system.know_entry({"platform": "twitter", "id": "4400", "token": "sesame", "username": "ada"})
    post = schedule(publishing, "--text", "Good morning").document["id"]
    assert publishing("posts", "publish-now", post, "--json").document == {"publications": 1}
    system.step()
    told = publishing("posts", "explain", post, "--json").document
    (story,) = told["publications"]
    assert "It was published at" in story["standing"]
    assert [a["event"] for a in story["attempts"]] == ["intent", "published"]
    assert "published" in publishing("posts", "explain", post).out


def test_cancelling_and_retrying_say_what_came_of_it(
    ada: str, publishing: Run, connection: psycopg.Connection
):
    post = schedule(publishing, "--text", "Never").document["id"]
    done = publishing("posts", "cancel", post, "--json")
    assert (done.code, done.document[0]["cancelled"]) == (0, True)
    again = publishing("posts", "retry", post)
    assert (again.code, again.out) == (1, "")
    assert "only failed ones can" in again.err


def test_a_person_answers_what_the_platform_could_not(
    ada: str, publishing: Run, system: System, connection: psycopg.Connection
):
    post = schedule(publishing, "--text", "Where is it?", at="now").document["id"]
    assert publishing("posts", "settle", post, "--platform", "twitter", "--not-there").code == 1
    connection.execute(
        "UPDATE post_publications SET status = 'publishing', next_attempt_at = now()"
    )
    connection.execute("UPDATE posts SET status = 'publishing'")
    connection.execute(
        "UPDATE post_publications SET status = 'failed', failure_kind = 'unconfirmed',"
        " failed_at = now(), error_message = 'lost', next_attempt_at = NULL"
    )
    assert "posts settle" in publishing("posts", "explain", post).out
    assert publishing("status", "--check").code == 1
    done = publishing(
        "posts", "settle", post, "--platform", "twitter", "--published", "77", "--json"
    )
    assert done.document == {"status": "published"}
    assert row_of(connection, "posts", post).status == "published"
    assert publishing("status", "--check").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--text", "x" * 281), "281 characters as twitter counts them"),
        (("--text", ""), "needs text"),
        (("--text", "hi", "--type", "story"), "takes no story"),
        (("--text", "hi", "--to", "myspace"), "unknown: myspace; one of threads"),
        (("--text", "hi", "--to", "tiktok,threads", "--type", "video"), "takes 1 media, not 0"),
        (("--text", "hi", "--to", "linkedin"), "the user has no account on linkedin"),
        (("--text", "hi", "--at", "tomorrow"), "at: tomorrow is no time"),
        (("--text", "hi", "--at", "2026-12-01T09:00"), "has no time zone"),
        (("--text", "hi", "--user", "nobody@example.org"), "there is no user nobody"),
        (("--text", "hi", "--option", "colour=red"), "option: colour=red is malformed"),
        (("--text-file", "/nowhere/at/all"), "text-file: it cannot be read"),
    ],
)
def test_bad_input_gets_one_clear_error_and_nothing_is_written(
    arguments: tuple[str, ...],
    words: str,
    ada: str,
    publishing: Run,
    connection: psycopg.Connection,
):
    done = schedule(publishing, *arguments)
    assert done.code == 1
    assert done.err.startswith("error: ")
    assert words in done.err
    assert done.out == ""
    assert value(connection, "SELECT count(*) FROM posts") == 0


def test_every_platforms_breaches_are_listed_at_once(ada: str, publishing: Run):
    done = schedule(publishing, "--text", "x" * 501, to="twitter,threads")
    assert "twitter: content: 501" in done.err
    assert "threads: content: 501" in done.err


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        ("not json", "it cannot be read"),
        ("{}", "access_token is missing"),
        ('{"access_token": "a", "expires_at": "soon"}', "expires_at: soon is no time"),
    ],
)
def test_tokens_that_cannot_be_read_are_refused(stdin: str, words: str, ada: str, publishing: Run):
    done = publishing(
        *("accounts", "add", *ADA, "--platform", "tiktok"),
        *("--platform-user-id", "1", "--username", "ada"),
        stdin=stdin,
    )
    assert (done.code, words in done.err) == (1, True)


def test_a_second_account_on_a_platform_is_refused_with_the_reason(ada: str, publishing: Run):
    done = publishing(
        *("accounts", "add", *ADA, "--platform", "twitter"),
        *("--platform-user-id", "1", "--username", "ada"),
        stdin=TOKENS,
    )
    assert done.code == 1
    assert "a user has one on each" in done.err


@pytest.mark.parametrize("command", ["show", "explain", "cancel"])
def test_a_post_that_is_not_there_is_told(command: str, publishing: Run):
    assert "is no id" in publishing("posts", command, "77").err
    missing = publishing("posts", command, "6f1c0000-0000-4000-8000-000000000000")
    assert missing.code == 1
    assert "there is no post" in missing.err


def test_a_post_without_a_target_says_so(publishing: Run, connection: psycopg.Connection):
    post = a_post(connection, a_user(connection), [])
    assert "names no target" in publishing("posts", "explain", str(post.id)).out


def test_the_state_of_the_whole_is_counted_by_platform(
    publishing: Run, system: System, connection: psycopg.Connection
):
    user = a_user(connection)
    accounts = [an_account(connection, user, p) for p in (Platform.TWITTER, Platform.THREADS)]
    a_post(connection, user, accounts)
    system.dispatch()
    found = publishing("status", "--json").document
    by_name = {row["platform"]: row for row in found["platforms"]}
    assert len(by_name) == len(Platform)
    assert by_name["twitter"]["queued"] == 1
    assert found["alarms"] == []


def test_outages_and_what_the_reaper_found_are_shown(
    publishing: Run, connection: psycopg.Connection
):
    connection.execute(
        "INSERT INTO platform_pauses (platform, paused_until, reason, opened_at)"
        " VALUES ('threads', now() + interval '1 minute', 'an outage', now());"
        " INSERT INTO reaper_counts (cause, total) VALUES ('message lost', 7)"
    )
    done = publishing("status", "--check")
    assert done.code == 0
    assert "threads has been out since" in done.out
    assert "message lost" in done.out
    assert publishing("status", "--json").document["reaped"] == {"message lost": 7}


def test_what_waits_for_a_person_is_listed_with_the_command_that_answers_it(
    ada: str, publishing: Run, system: System, connection: psycopg.Connection
):
    assert "nothing waits" in publishing("posts", "unanswered").out
    late = schedule(publishing, "--text", "Late", "--late", "ask", "--late-after", "1m").document
    doubtful = schedule(publishing, "--text", "Where is it?", at="now").document["id"]
    connection.execute("ALTER TABLE posts DISABLE TRIGGER USER")
    connection.execute(
        "UPDATE posts SET scheduled_at = now() - interval '1 hour',"
        " updated_at = now() - interval '2 hours'"
    )
    connection.execute("ALTER TABLE posts ENABLE TRIGGER USER")
    connection.execute("UPDATE post_publications SET scheduled_for = NULL")
    system.dispatch()
    connection.execute(
        "UPDATE post_publications SET status = 'failed', failure_kind = 'unconfirmed',"
        " failed_at = now() + interval '1 s', next_attempt_at = NULL, dispatched_at = NULL"
        " WHERE post_id = %s",
        [doubtful],
    )
    asked, lost = publishing("posts", "unanswered", "--json").document
    assert asked["answer"].startswith(f"publishing posts retry {late['id']}")
    assert lost["answer"].startswith(f"publishing posts settle {doubtful} --platform twitter")
    assert publishing("status", "--check").code == 1
    assert publishing("posts", "retry", late["id"]).code == 0
    assert "its owner wants to be asked" not in publishing("posts", "explain", late["id"]).out


def test_a_scheduler_that_is_not_running_is_noticed(
    publishing: Run, connection: psycopg.Connection
):
    a_post(connection, a_user(connection), [])
    connection.execute("UPDATE posts SET scheduled_at = now() - interval '2 minutes'")
    done = publishing("status", "--check")
    assert done.code == 1
    assert "is a scheduler running?" in done.out


def test_settings_that_are_missing_are_told_by_name(capsys: pytest.CaptureFixture[str]):
    assert main(["posts", "list"], {}) == 2
    assert "DATABASE_URL is not set" in capsys.readouterr().err


def test_a_database_that_is_away_is_told_without_its_password(
    capsys: pytest.CaptureFixture[str],
):
    environ = {"DATABASE_URL": "postgresql://u:sesame@127.0.0.1:1/x"}
    assert main(["status"], environ) == 1
    told = capsys.readouterr().err
    assert "the database does not answer" in told
    assert "sesame" not in told


def test_piped_output_holds_no_colours_and_help_shows_an_example(database_url: str):
    environ = {"DATABASE_URL": database_url, "PATH": ""}
    command = [sys.executable, "-m", "ops"]
    for arguments in (["status"], ["posts", "schedule", "--help"]):
        done = subprocess.run(
            [*command, *arguments],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout
    assert "example:" in done.stdout


def test_wrong_usage_ends_with_two(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        main(["posts", "frobnicate"], {})
    assert caught.value.code == 2
    assert "frobnicate" in capsys.readouterr().err


def test_a_new_key_can_be_used_at_once(publishing: Run):
    entry = publishing("keys", "new").out.strip()
    assert type(KEYRING).parse(entry).current.startswith("k20")


def test_snapshots_without_a_partition_raise_an_alarm(
    publishing: Run, connection: psycopg.Connection
):
    assert publishing("status", "--check").code == 0
    _, (publication,) = an_account_with(connection, 1)
    snapshot(connection, publication, month_before(30), 1)
    connection.execute(f"DROP TABLE analytics_{month_before(-1):%Y_%m}")
    ran = publishing("status", "--check", "--json")
    assert ran.code == 1
    stray, missing = ran.document["alarms"]
    assert "1 snapshots are in analytics_default" in stray
    assert "no partition for next month" in missing


def test_posts_are_searched_and_what_comes_next_is_listed(ada: str, publishing: Run):
    first = schedule(publishing, "--text", "Good coffee", at="+1h").document["id"]
    second = schedule(publishing, "--text", "Bad tea", at="+2h").document["id"]
    coming = publishing("posts", "list", *ADA, "--upcoming", "--json").document
    assert [row["id"] for row in coming] == [first, second]
    found = publishing("posts", "search", "coffee", *ADA, "--json").document
    assert [row["id"] for row in found] == [first]
    assert publishing("posts", "search", "--hashtag", "#lakes", "--json").document == []
    assert publishing("posts", "list", "--platform", "threads", "--json").document == []
    for asked, words in ((("search",), "nothing to look for"), (("list", "--upcoming"), "whose?")):
        ran = publishing("posts", *asked)
        assert (ran.code, words in ran.err) == (1, True)


def test_accounts_that_publish_are_listed(ada: str, publishing: Run):
    active = publishing("accounts", "list", *ADA, "--active", "--json").document
    assert {row["platform"] for row in active} == {"twitter", "threads"}
    assert "whose?" in publishing("accounts", "list", "--active").err
