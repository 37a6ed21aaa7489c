#!/bin/sh
# Installs the locked dependencies into .venv. Called by make, which passes a Python of 3.11 or later.
set -eu
python=$1
recent='import sys; sys.exit(sys.version_info < (3, 11))'

if ! "$python" -c "$recent" >/dev/null 2>&1; then
    echo "Python 3.11 or later is needed${python:+, and $python is none}; name one with make PYTHON=/path/to/python" >&2
    exit 1
fi

# uv: on PATH, else from a virtual environment, else beside the sources.
if command -v uv >/dev/null 2>&1; then
    uv=uv
elif [ -x .tools/venv/bin/uv ]; then
    uv=.tools/venv/bin/uv
elif [ -x .tools/bin/uv ]; then
    uv=.tools/bin/uv
elif "$python" -m venv .tools/venv >/dev/null 2>&1 && .tools/venv/bin/python -m pip install -q uv; then
    uv=.tools/venv/bin/uv
elif "$python" -m pip install -q --target .tools uv; then
    uv=.tools/bin/uv
else
    echo "uv could not be installed: install it (https://docs.astral.sh/uv/), or the venv module of $python" >&2
    exit 1
fi

# uv does not read pip's settings: hand over the index and the certificates of whoever has only those.
if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}${UV_CONFIG_FILE:-}" ] &&
    [ ! -e "${XDG_CONFIG_HOME:-${HOME:-}/.config}/uv/uv.toml" ] && [ ! -e /etc/uv/uv.toml ]; then
    index=${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null || true)}
    [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
fi
[ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"

if ! .venv/bin/python -c "$recent" >/dev/null 2>&1; then
    rm -rf .venv
    "$uv" venv --quiet --python "$python" .venv
fi
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements.txt

# The command line as one command, from anywhere.
cat > .venv/bin/publishing <<END
#!/bin/sh
here='$(pwd | sed "s/'/'\\\\''/g")'
PYTHONPATH="\$here\${PYTHONPATH:+:\$PYTHONPATH}" exec "\$here/.venv/bin/python" -m ops "\$@"
END
chmod +x .venv/bin/publishing
touch .venv/.ready
