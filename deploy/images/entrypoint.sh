#!/bin/sh
# Reads the secrets that a variable NAME_FILE points to into NAME, then becomes the command: a secret
# is neither in the arguments nor in the container's description.
set -eu
umask 077
for name in TAPELINE_STORE_TARGETS TAPELINE_COLLECT_TRANSPORT TAPELINE_STORE_TRANSPORT \
    AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY PGPASSWORD TAPELINE_API_TOKEN; do
    eval "file=\${${name}_FILE:-}"
    if [ -n "$file" ]; then
        value=$(cat "$file")
        export "$name=$value"
        unset "${name}_FILE"
    fi
done
exec "$@"
