#!/bin/sh
# Makes the secrets that are not there yet, one file each, in the folder given (default: ./secrets).
# The files are readable inside containers whatever their user; the folder keeps others out.
set -eu
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
umask 077

random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
keep() { # name, value: written unless it is there
  if [ ! -e "$folder/$1" ]; then
    printf '%s' "$2" >"$folder/$1"
    chmod 444 "$folder/$1"
  fi
}

for name in identity_keys admission_keys place_keys; do
  keep $name "first:$(random 32)"
done
for name in draw_key ticket_key; do
  keep $name "$(random 32)"
done
for name in admin_password redis_password postgres_password rabbitmq_password grafana_password; do
  keep $name "$(random 16)"
done
keep redis_url "redis://:$(cat "$folder/redis_password")@redis:6379/0"
keep postgres_dsn "postgresql://tiketi:$(cat "$folder/postgres_password")@postgres:5432/tiketi"
keep amqp_url "amqp://tiketi:$(cat "$folder/rabbitmq_password")@rabbitmq:5672/"
keep redis_exporter_passwords "{\"redis://redis:6379\": \"$(cat "$folder/redis_password")\"}"

# Yours to fill in: while they are empty, no mail is sent and no card is charged.
keep smtp_url ""
keep stripe_secret_key ""
keep stripe_webhook_secret ""

# Yours to fill in: without them, alerts are shown but reach nobody.
keep smtp_password "none"
keep slack_webhook_url "https://hooks.slack.example/none"
keep pager_key "none"
keep sms_token "none"
