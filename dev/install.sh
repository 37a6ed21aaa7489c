#!/bin/sh
# Installs the locked dependencies into .venv. Called by make, which passes a Python of 3.11 or later.
set -eu
python=$1

if [ -z "$python" ]; then
    echo "Python 3.11 or later is needed and was not found; name one with make PYTHON=/path/to/python" >&2
    exit 1
fi

# uv: on PATH, else from a virtual environment, else beside the sources.
if command -v uv >/dev/null 2>&1; then
    uv=uv
elif [ -x .tools/bin/uv ]; then
    uv=.tools/bin/uv
elif "$python" -m venv .tools/venv >/dev/null 2>&1 && .tools/venv/bin/python -m pip install -q uv; then
    uv=.tools/venv/bin/uv
elif "$python" -m pip install -q --target .tools uv; then
    uv=.tools/bin/uv
else
    echo "uv could not be installed: install it, or the venv module of $python" >&2
    exit 1
fi

[ -x .venv/bin/python ] || "$uv" venv --quiet --python "$python" .venv
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements.txt

# The command line as one command, from anywhere.
here=$(pwd)
cat > .venv/bin/publishing <<EOF
#!/bin/sh
PYTHONPATH="$here\${PYTHONPATH:+:\$PYTHONPATH}" exec "$here/.venv/bin/python" -m ops "\$@"
EOF
chmod +x .venv/bin/publishing
touch .venv/.ready
