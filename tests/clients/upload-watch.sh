#!/usr/bin/env bash
# A board's watching client over a scanner folder that lies on a Samba share, through an nginx that keeps whole bodies
# back, lets few in at a time and is torn down in the middle.
set -euo pipefail
. "$(dirname "$0")/common"

root=$(cd "$(dirname "$0")/../.." && pwd)
tutanak=${TUTANAK:-$root/target/release/tutanak}
export TUTANAK_TOKEN=$BOARD_TOKEN TUTANAK_CA=$CA TUTANAK_LOG=off
PATH=$PATH:/usr/sbin:/sbin
folder=$WORK/tarama
running=()
stop() { for pid in "${running[@]:-}"; do [ -z "$pid" ] || kill "$pid" 2>/dev/null || true; done; }
trap stop EXIT
free_port() { python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])'; }
until_true() { for _ in $(seq "$1"); do ! "${@:2}" || return 0; sleep 0.1; done; echo "not in time: ${*:2}"; return 1; }

mkdir -p "$folder"
wrong_token() {
  local got=0
  cp "$(find "$SAMPLES" -name '*.png' | sort | sed -n 1p)" "$folder/a.png"
  TUTANAK_TOKEN=not-$BOARD_TOKEN "$tutanak" upload "$folder" --server "$HTTPS" --still 1 >"$WORK/said" 2>&1 || got=$?
  cat "$WORK/said"
  [ "$got" = 2 ] && grep -q refuses "$WORK/said" && [ -e "$folder/a.png" ]
}
when_refused wrong_token

# nginx as an office's or a provider's proxy: the whole body first, then on; at most two requests at a time. It has the
# service's own certificate.
nginx_port=$(free_port)
mkdir -p "$WORK/nginx"
cat >"$WORK/nginx/conf" <<END
daemon off;
pid $WORK/nginx/pid;
error_log $WORK/nginx/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path $WORK/nginx/body; proxy_temp_path $WORK/nginx/proxy; fastcgi_temp_path $WORK/nginx/f;
  uwsgi_temp_path $WORK/nginx/u; scgi_temp_path $WORK/nginx/s;
  client_max_body_size 64m;
  limit_conn_zone \$server_name zone=all:1m;
  limit_conn_status 429;
  server {
    listen 127.0.0.1:$nginx_port ssl;
    server_name localhost;
    ssl_certificate $(dirname "$CA")/tls/server.pem;
    ssl_certificate_key $(dirname "$CA")/tls/server.key;
    location / { limit_conn all 2; proxy_pass $HTTPS; proxy_ssl_verify off; proxy_request_buffering on; }
  }
}
END
[ "$(id -u)" != 0 ] || sed -i '1i user root;' "$WORK/nginx/conf"
start_nginx() { nginx -p "$WORK/nginx" -c "$WORK/nginx/conf" & nginx=$!; running+=("$nginx"); }
start_nginx

# The scanner's share. Nobody but this machine, and nobody but this user.
smb_port=$(free_port)
mkdir -p "$WORK/samba"
cat >"$WORK/samba/conf" <<END
[global]
  interfaces = lo
  bind interfaces only = yes
  smb ports = $smb_port
  disable netbios = yes
  server role = standalone server
  map to guest = bad user
  guest account = $(id -un)
  lock directory = $WORK/samba
  state directory = $WORK/samba
  cache directory = $WORK/samba
  pid directory = $WORK/samba
  private dir = $WORK/samba
  ncalrpc dir = $WORK/samba/rpc
  log file = $WORK/samba/log
  load printers = no
[tarama]
  path = $folder
  guest ok = yes
  read only = no
END
# In a group of its own: when it ends it ends its whole group, which would be this script too.
setsid smbd --foreground --no-process-group --configfile "$WORK/samba/conf" >"$WORK/samba/out" 2>&1 &
running+=("$!")
share() { smbclient "//127.0.0.1/tarama" -N -p "$smb_port" -c "$1"; }
check 'a share for the scanner comes up' until_true 100 share ls

"$tutanak" upload "$folder" --server "https://localhost:$nginx_port" --watch --json --still 1 --patience 3 --rescan 1 \
  >"$WORK/told" 2>"$WORK/errors" &
client_pid=$!
running+=("$client_pid")

# Forty scans that nobody has: a good one, with another text in each.
python3 - "$SAMPLES" "$WORK/scans" <<'END'
import pathlib, struct, sys, zlib
page = min(pathlib.Path(sys.argv[1]).glob("linked-*.png"), key=lambda path: path.stat().st_size).read_bytes()
out = pathlib.Path(sys.argv[2])
out.mkdir()
for n in range(40):
    note = b"tEXtComment\0watch %d" % n
    chunk = struct.pack(">I", len(note) - 4) + note + struct.pack(">I", zlib.crc32(note))
    (out / f"Tarama {n}.png").write_bytes(page[:33] + chunk + page[33:])
END
count() { find "$folder/gonderildi" "$folder/elle" -name '*.png' 2>/dev/null | wc -l; }
there_are() { [ "$(count)" = "$1" ]; }
puts() { share "lcd $WORK/scans; prompt off; mput *.png" && until_true 100 some_arrived; }
some_arrived() { [ "$(count)" -ge 5 ]; }
check 'takes what the scanner puts on the share' puts
torn_down() {
  kill "$nginx"; wait "$nginx" 2>/dev/null || true
  sleep 2
  start_nginx
}
torn_down
check 'sends all of it through a proxy that keeps bodies back, lets few in and is torn down' until_true 900 there_are 40
kill -TERM "$client_pid"
ended=0
wait "$client_pid" || ended=$?
received() {
  [ "$ended" = 0 ] || { echo "status $ended"; tail -n 3 "$WORK/told" "$WORK/errors"; return 1; }
  tail -n 1 "$WORK/told" | grep '"waiting":0'
  expect 40 sh -c "ls '$folder/makbuzlar' | wc -l"
  (cd "$folder" && sha256sum gonderildi/*.png elle/*.png 2>/dev/null || true) | cut -c1-64 | sort >"$WORK/there"
  (cd "$WORK/scans" && sha256sum ./*.png) | cut -c1-64 | sort >"$WORK/put"
  cmp "$WORK/there" "$WORK/put"
}
check 'ends with 0, a receipt for each, and every byte as it was scanned' received
finish
