#!/bin/sh
# A certificate authority for development, a certificate per service and caller, and a key for pages.
#
#   certificates.sh FOLDER              all that compose.yaml uses
#   certificates.sh FOLDER NAME...      these only; NAME=DNS,DNS... is also reached by these names
#
# In FOLDER/NAME: tls.crt, tls.key, ca.crt. What is good for another ten days is kept, so this may run
# at every start. The authority's own key stays in FOLDER/authority, for this script only.
set -eu
umask 077
folder=$1
shift
service_user=${SERVICE_USER:-10001}
prometheus_user=${PROMETHEUS_USER:-65534}
ten_days=864000

if [ $# = 0 ]; then
  set -- ranker social-graph ann-shards-0 ann-shards-1 candidate-gen \
    feed-assembly=feed-assembly-0,feed-assembly-1 prometheus gateway operator
fi

is_good() { [ -f "$1" ] && openssl x509 -in "$1" -noout -checkend $ten_days >/dev/null; }

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

make_authority() {
  mkdir -p "$folder/authority"
  ! is_good "$folder/authority/ca.crt" || return 0
  # What the old one signed is signed again.
  rm -f "$folder"/*/tls.crt
  new_key "$folder/authority/ca.key"
  openssl req -x509 -new -key "$folder/authority/ca.key" -days 365 -subj "/CN=feedrank development" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$folder/authority/ca.crt"
}

certify() {
  name=${1%%=*}
  files=$folder/$name
  mkdir -p "$files"
  cp "$folder/authority/ca.crt" "$files/ca.crt"
  ! is_good "$files/tls.crt" || return 0
  names=DNS:$name,DNS:localhost
  case $1 in *=*) names=$names,DNS:$(echo "${1#*=}" | sed 's/,/,DNS:/g') ;; esac
  # Key and certificate are renamed into place: servers take changed files up while they run.
  new_key "$files/tls.key.new"
  openssl req -new -key "$files/tls.key.new" -subj "/CN=$name" -out "$files/tls.csr"
  cat >"$files/extensions" <<EXTENSIONS
subjectAltName=$names
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
basicConstraints=critical,CA:FALSE
authorityKeyIdentifier=keyid
EXTENSIONS
  openssl x509 -req -in "$files/tls.csr" -CA "$folder/authority/ca.crt" -CAkey "$folder/authority/ca.key" \
    -days 90 -sha256 -extfile "$files/extensions" -out "$files/tls.crt.new" 2>/dev/null
  mv "$files/tls.key.new" "$files/tls.key"
  mv "$files/tls.crt.new" "$files/tls.crt"
  rm "$files/tls.csr" "$files/extensions"
  echo "certificate for $name: $names"
}

make_page_key() {
  [ -d "$folder/feed-assembly" ] && command -v feedrank >/dev/null || return 0
  [ -f "$folder/feed-assembly/page_token.keys" ] ||
    feedrank keys rotate "$folder/feed-assembly/page_token.keys" --delay-seconds 0
}

# Each folder belongs to the user that its service runs as; only root can give things away.
hand_over() {
  [ "$(id -u)" = 0 ] || return 0
  for files in "$folder"/*/; do
    case $files in
      */authority/) ;;
      */prometheus/) chown -R "$prometheus_user" "$files" ;;
      *) chown -R "$service_user" "$files" ;;
    esac
  done
  chmod a+x "$folder"
}

mkdir -p "$folder"
make_authority
for each in "$@"; do certify "$each"; done
make_page_key
hand_over
