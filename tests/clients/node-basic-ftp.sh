#!/usr/bin/env bash
# Node's basic-ftp: plain, with TLS, and with TLS from the first byte on. It resumes the control connection's TLS session on
# every data connection.
set -euo pipefail
. "$(dirname "$0")/common"

NODE_PATH=$(npm root -g)
export NODE_PATH
node_ftp() { # ftp|explicit|implicit WHAT [ARGUMENT…]
  local address=$FTP
  [ "$1" != implicit ] || address=$FTPS
  address=${address#*://}
  HOST=${address%:*} PORT=${address##*:} PASSWORD=$password node - "$@" <<'END'
const ftp = require("basic-ftp"), fs = require("fs");
const [how, what, ...rest] = process.argv.slice(2);
(async () => {
  const client = new ftp.Client(30000);
  const { HOST: host, PORT: port, BULK_USER: user, PASSWORD: password, CA } = process.env;
  const secure = { ftp: false, explicit: true, implicit: "implicit" }[how];
  await client.access({ host, port: Number(port), user, password, secure, secureOptions: { ca: fs.readFileSync(CA), host } });
  if (what === "walk") await client.downloadToDir(rest[0], "/");
  if (what === "resume") await client.downloadTo(fs.createWriteStream(rest[1], { flags: "r+", start: fs.statSync(rest[1]).size }), rest[0], fs.statSync(rest[1]).size);
  if (what === "size" && (await client.size(rest[0])) !== Number(rest[1])) throw new Error("SIZE");
  if (what === "write") for (const write of [() => client.uploadFrom(rest[0], "/x.png"), () => client.remove("/OKU-BENI.txt"), () => client.ensureDir("/x")]) {
    let refused = false;
    try { await write(); } catch (error) { refused = error.code === 550; if (!refused) throw error; }
    if (!refused) throw new Error("was not refused");
  }
  client.close();
})().catch((error) => { console.error(String(error)); process.exit(1); });
END
}

is_refused() {
  password=not-$BULK_PASSWORD
  for how in ftp explicit implicit; do refused '530' node_ftp "$how" walk "$WORK"; done
}
when_refused is_refused

password=$BULK_PASSWORD
for how in ftp explicit implicit; do
  tree=$TREES/basic-ftp-$how
  check "fetches the whole tree, $how" node_ftp "$how" walk "$tree"
  scan=$(a_scan "$tree")
  resumes() {
    head -c 1000 "$tree/$scan" >"$WORK/part"
    node_ftp "$how" resume "/$scan" "$WORK/part"
    cmp "$WORK/part" "$tree/$scan"
  }
  check "resumes, $how" resumes
  check "asks the size, $how" node_ftp "$how" size "/$scan" "$(stat -c %s "$tree/$scan")"
  check "cannot write, $how" node_ftp "$how" write "$tree/$scan"
done
finish
