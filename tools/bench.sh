#!/usr/bin/env bash
# Ours beside anvil under the same load, in one session; prints one table and writes it to docs/bench-latest.md.
#
#   SECONDS=20 tools/bench.sh            seconds measured per row
#   ROWS="floor forebond anvil"          which rows
#   FOREBOND_BIN=…                       another binary instead of building one
#   BENCH_DIR=/var/tmp                   where data is written; must be a disk, or syncing costs nothing
#   OUTPUT=docs/bench-latest.md
inherited_seconds=$SECONDS # bash counts on from what the environment gave, so this is read first
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

row_seconds=$inherited_seconds
if [ "$row_seconds" -le 0 ]; then row_seconds=20; fi
rows=${ROWS:-floor forebond anvil}
output=${OUTPUT:-docs/bench-latest.md}
anvil=${FOREBOND_ANVIL:-tools/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil}

if [ -z "${FOREBOND_BIN:-}" ]; then
  cargo build --release --locked --bin forebond
  FOREBOND_BIN=${CARGO_TARGET_DIR:-target}/release/forebond
fi

work=$(mktemp -d "${BENCH_DIR:-/var/tmp}/forebond-bench.XXXXXX")
server=""
failed=0
results=()

stop_server() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=""
  fi
}
trap 'stop_server; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if ! listens "$port"; then echo "$port"; return; fi
  done
}

# await COMMAND…: until it succeeds, as long as the server lives and at most 30 s.
await() {
  local try
  for ((try = 0; try < 300; try++)); do
    if "$@"; then return 0; fi
    if ! kill -0 "$server" 2>/dev/null; then break; fi
    sleep 0.1
  done
  echo "bench: the server did not start; its last words:" >&2
  tail -n 20 "$work/server.log" >&2
  return 1
}

# row LABEL URL ARGS…: one run against the server in $server.
row() {
  local label=$1 url=$2 file
  shift 2
  file=$work/$(printf '%02d' ${#results[@]}).json
  echo "bench: === $label" >&2
  if ! "$FOREBOND_BIN" bench --url "$url" --label "$label" --seconds "$row_seconds" --server-pid "$server" --json "$@" >"$file"; then
    failed=1
  fi
  if [ -s "$file" ]; then results+=("$file"); else echo "bench: $label gave no result" >&2; fi
}

# Every row has a fresh server: what an earlier row left behind must not slow a later one.
forebond_row() {
  local label=$1 port
  shift
  port=$(free_port)
  "$FOREBOND_BIN" gateway --dev --http "127.0.0.1:$port" --metrics "127.0.0.1:$(free_port)" --data-dir "$work/data" \
    >"$work/server.log" 2>&1 &
  server=$!
  if await grep -q '^READY ' "$work/server.log"; then row "$label" "ws://127.0.0.1:$port" "$@"; else failed=1; fi
  stop_server
  rm -rf "$work/data"
}

anvil_row() {
  local label=$1 mining=$2 port
  shift 2
  port=$(free_port)
  # shellcheck disable=SC2086 # $mining is a list of arguments, or nothing
  "$anvil" --host 127.0.0.1 --port "$port" --accounts 10 --gas-limit 1000000000 --hardfork osaka --silent $mining \
    >"$work/server.log" 2>&1 &
  server=$!
  if await listens "$port"; then row "$label" "ws://127.0.0.1:$port" "$@"; else failed=1; fi
  stop_server
}

for group in $rows; do
  case $group in
    floor)
      echo "bench: === floor" >&2
      "$FOREBOND_BIN" bench --floor "$work" --json >"$work/floor.json"
      results+=("$work/floor.json")
      ;;
    forebond)
      for rate in 100 1000 5000 10000; do forebond_row "forebond $rate/s" --rate "$rate"; done
      forebond_row "forebond 4000 swaps/s" --rate 4000 --workload swap
      ;;
    anvil)
      for rate in 100 150; do anvil_row "anvil automine $rate/s" "" --rate "$rate" --mode sync; done
      anvil_row "anvil 1 s blocks 1000/s" "--block-time 1" --rate 1000 --mode plain
      ;;
    *)
      echo "bench: ROWS: expected floor, forebond or anvil, got $group" >&2
      exit 2
      ;;
  esac
done

mkdir -p "$(dirname "$output")"
{
  printf '# Benchmark\n\nMade by `SECONDS=%s make bench`; every row with a fresh server, all rows in one session.\n\n' "$row_seconds"
  "$FOREBOND_BIN" bench --table "${results[@]}"
} >"$work/table.md"
cp "$work/table.md" "$output"
cat "$output"
exit "$failed"
