#!/usr/bin/env bash
# Rebuilds the dashboard; with --check it compares the result with the committed file instead of replacing it.
set -euo pipefail
cd "$(dirname "$0")"
built=../pytest_localbench/_ui/dashboard.html

npm ci --silent --no-audit --no-fund
npm run --silent check
if [[ "${1:-}" != --check ]]; then
  npm run --silent build
  exit
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm run --silent build -- --outDir "$folder" --logLevel error
if ! cmp "$folder/dashboard.html" "$built"; then
  echo "pytest_localbench/_ui/dashboard.html is not what ui/ builds: run ui/rebuild.sh and commit the result" >&2
  exit 1
fi
