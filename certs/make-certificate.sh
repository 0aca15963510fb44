#!/bin/sh
# Makes a self-signed certificate and its key for a first try: certs/cert.pem and certs/key.pem, good for a year.
# Clients that check certificates will not accept it; replace it with one of a real authority.
# usage: certs/make-certificate.sh [HOST NAME]
set -eu
directory=$(dirname "$0")
name=${1:-$(hostname -f 2>/dev/null || hostname)}

if [ -e "$directory/key.pem" ]; then
    echo "$directory/key.pem exists already; move it away first" >&2
    exit 1
fi
umask 077
openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj "/CN=$name" \
    -addext "subjectAltName=DNS:$name" -keyout "$directory/key.pem" -out "$directory/cert.pem" 2>/dev/null
chmod 644 "$directory/cert.pem"
echo "$directory/cert.pem and $directory/key.pem for $name; in main.cf:"
echo "smtpd_tls_cert_file = $(cd "$directory" && pwd)/cert.pem"
echo "smtpd_tls_key_file = $(cd "$directory" && pwd)/key.pem"
echo "smtpd_tls_security_level = may"
