#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the autograder's image. The wheel lies beside
# it: `pip wheel --no-deps --wheel-dir demos/classroom .`
set -euo pipefail
apt-get update
apt-get install --yes python3 python3-venv bubblewrap
python3 -m venv /opt/linreg
/opt/linreg/bin/pip install "$(dirname "$0")"/linreg_np-*.whl
ln -sf /opt/linreg/bin/linreg-check /usr/local/bin/
