# Runs once at an instance's first boot: fetches the secrets into memory and starts the services.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -qy docker.io docker-compose-v2 unzip jq awscli

secret() { aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text; }

install -d -m 700 /run/tiketi /opt/tiketi
umask 077
secret "$KEYS_SECRET" | jq -r 'to_entries[] | "\(.key) \(.value)"' | while read -r name value; do
  printf '%s' "$value" >"/run/tiketi/${name,,}"
done
for name in smtp_url stripe_secret_key stripe_webhook_secret; do # may be left out of the secret
  [ -e "/run/tiketi/$name" ] || : >"/run/tiketi/$name"
done
printf 'rediss://:%s@%s:6379/0' "$(secret "$REDIS_SECRET")" "$REDIS_HOST" >/run/tiketi/redis_url
secret "$DATABASE_SECRET" |
  jq -rj --arg host "$DATABASE_HOST" \
    '"postgresql://\(.username):\(.password|@uri)@\($host):5432/tiketi?sslmode=require"' \
    >/run/tiketi/postgres_dsn
secret "$BROKER_SECRET" |
  jq -rj --arg endpoint "${BROKER_ENDPOINT#amqps://}" \
    '"amqps://\(.username):\(.password)@\($endpoint)/"' >/run/tiketi/amqp_url
chown -R 10001:10001 /run/tiketi # the user in the containers, who reads them

aws s3 cp "$COMPOSE_URL" /tmp/compose.zip
unzip -oq /tmp/compose.zip -d /opt/tiketi
aws ecr get-login-password | docker login --username AWS --password-stdin "$IMAGE_REGISTRY"
cd /opt/tiketi
SECRETS_DIR=/run/tiketi ENVIRONMENT=production docker compose -f services.yml up --detach --wait
