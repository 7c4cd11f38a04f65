#!/bin/sh
# Starts three hosts of one site on this machine; Ctrl-C stops them.
set -eu
cd "$(dirname "$0")"
wisr="${TMPDIR:-/tmp}/wisr-example-$$"
go build -o "$wisr" ../../cmd/wisr
(cd plugins/note && GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags="-s -w" -o note.wasm .)

hosts=""
stop() {
	trap - INT TERM EXIT
	for pid in $hosts; do kill "$pid" 2>/dev/null || true; done
	wait
	rm -f "$wisr"
}
trap stop INT TERM EXIT
for host in a b c; do
	"$wisr" start "$host" &
	hosts="$hosts $!"
	echo "host $host is process $!"
done
wait
