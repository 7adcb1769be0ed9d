#!/bin/sh
# Makes the secrets of compose.yaml at random, each once; what exists is kept.
# The two webhooks are asked for: ALERT_WEBHOOK and WATCHDOG_WEBHOOK.
set -eu
# Containers that run as another user read them through the mount: the folder keeps others out.
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
cd secrets

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make() {
    [ -s "$1" ] || printf '%s' "$2" > "$1"
    chmod 444 "$1"
}

make postgres_password "$(random)"
make clickhouse_password "$(random)"
make redis_password "$(random)"
make grafana_password "$(random)"
make api_token "$(random)"
make s3_key "$(random)"
make s3_secret "$(random)"
make redis_users "user default off
user tapeline on #$(printf '%s' "$(cat redis_password)" | sha256sum | cut -d' ' -f1) ~* &* +@all -@dangerous +info"
make s3_users "{\"identities\":[{\"name\":\"tapeline\",\"credentials\":[{\"accessKey\":\"$(cat s3_key)\",\"secretKey\":\"$(cat s3_secret)\"}],\"actions\":[\"Admin:tapeline\",\"Read:tapeline\",\"Write:tapeline\",\"List:tapeline\"]}]}"
make store_targets "timescale://tapeline:$(cat postgres_password)@timescale:5432/tapeline
clickhouse://tapeline:$(cat clickhouse_password)@clickhouse:8123/tapeline
redis://tapeline:$(cat redis_password)@redis:6379/0
parquet:s3://tapeline/live?endpoint=http://seaweedfs:8333&region=local"
make alert_webhook "${ALERT_WEBHOOK:-http://127.0.0.1:9/unset}"
make watchdog_webhook "${WATCHDOG_WEBHOOK:-http://127.0.0.1:9/unset}"
echo "secrets are in $(pwd)"
