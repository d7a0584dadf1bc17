{{/* dplsync's configuration file, from the values; as JSON, as are all defines of this file. */}}

{{/* Not empty where the programs log in at Kafka. */}}
{{- define "dplsync.sasl" -}}
{{- or .Values.kafka.sasl.existingSecret (ternary "strimzi" "" .Values.strimzi.users.enabled)
       .Values.fetcher.kafkaSecret .Values.reconciler.kafkaSecret .Values.writer.kafkaSecret }}
{{- end }}

{{- define "dplsync.kafka" -}}
{{- $kafka := .Values.kafka }}
{{- $sasl := include "dplsync.sasl" . }}
{{- $settings := dict "bootstrap.servers" $kafka.bootstrapServers }}
{{- if and $sasl $kafka.tls.enabled }}
{{- $_ := set $settings "security.protocol" "SASL_SSL" }}
{{- else if $sasl }}
{{- $_ := set $settings "security.protocol" "SASL_PLAINTEXT" }}
{{- else if $kafka.tls.enabled }}
{{- $_ := set $settings "security.protocol" "SSL" }}
{{- end }}
{{- if $sasl }}
{{- $_ := set $settings "sasl.mechanism" $kafka.sasl.mechanism }}
{{- end }}
{{- if and $kafka.tls.enabled $kafka.tls.caSecret.name }}
{{- $_ := set $settings "ssl.ca.location" (printf "/run/dplsync/kafka/%s" $kafka.tls.caSecret.key) }}
{{- end }}
{{- merge (dict) $kafka.properties $settings | toJson }}
{{- end }}

{{- define "dplsync.redis" -}}
{{- $settings := dict "deadline" .Values.redis.deadline }}
{{- with .Values.redis.url }}
{{- $_ := set $settings "url" . }}
{{- end }}
{{- toJson $settings }}
{{- end }}

{{- define "dplsync.topics" -}}
{{- $topics := .Values.topics }}
{{- dict "prefix" $topics.prefix "partitions" (int $topics.partitions) "epoch" (int $topics.epoch) | toJson }}
{{- end }}

{{- define "dplsync.console" -}}
{{- $console := .Values.console }}
{{- $settings := dict "actions" $console.actions "address" (ternary "0.0.0.0:9104" "127.0.0.1:9104" (ne $console.origin "")) }}
{{- with $console.origin }}
{{- $_ := set $settings "origin" . }}
{{- end }}
{{- with $console.userHeader }}
{{- $_ := set $settings "user_header" . }}
{{- end }}
{{- toJson $settings }}
{{- end }}

{{/* Without the municipalities: they are a file of their own. */}}
{{- define "dplsync.settings" -}}
{{- $admin := dict
        "fetcher" (dict "admin_address" "0.0.0.0:9101")
        "reconciler" (dict "admin_address" "0.0.0.0:9102")
        "writer" (dict "admin_address" "0.0.0.0:9103") }}
{{- $own := dict
        "kafka" (include "dplsync.kafka" . | fromJson)
        "redis" (include "dplsync.redis" . | fromJson)
        "topics" (include "dplsync.topics" . | fromJson)
        "contact" .Values.contact
        "credentials_dir" "/run/dplsync/credentials" }}
{{- if .Values.console.enabled }}
{{- $_ := set $own "console" (include "dplsync.console" . | fromJson) }}
{{- end }}
{{- mergeOverwrite (deepCopy .Values.config) $admin $own | toJson }}
{{- end }}

{{/* What a running program cannot take over: a change of it rolls the pods out. The console's own
     settings are its own pod's affair. */}}
{{- define "dplsync.settingsOfTheStart" -}}
{{- $all := include "dplsync.settings" . | fromJson }}
{{- $start := omit $all "log_level" "defaults" "console" }}
{{- range $service := list "fetcher" "reconciler" "writer" }}
{{- $_ := set $start $service (pick (get $all $service) "admin_address" "lease") }}
{{- end }}
{{- $_ := set $start "tracing" (omit ($all.tracing | default dict) "sample_percent") }}
{{- toJson $start }}
{{- end }}

{{- define "dplsync.municipalities" -}}
{{- $list := list }}
{{- range $id, $municipality := .Values.municipalities }}
{{- $list = append $list (merge (dict "id" $id) $municipality) }}
{{- end }}
{{- toPrettyJson $list }}
{{- end }}

{{/* How the topics have to be configured: what `dplsync topics create` makes. */}}
{{- define "dplsync.topicSettings" -}}
{
  "snapshots": {"cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime",
                "max.message.bytes": "1048588", "retention.ms": "604800000"},
  "changes": {"cleanup.policy": "compact", "max.message.bytes": "1048588",
              "min.compaction.lag.ms": "86400000"},
  "updates": {"cleanup.policy": "delete", "retention.ms": "2592000000"},
  "results": {"cleanup.policy": "compact", "min.compaction.lag.ms": "86400000"},
  "dead-letters": {"cleanup.policy": "delete", "retention.ms": "2592000000",
                   "max.message.bytes": "2097152"},
  "control": {"cleanup.policy": "delete", "retention.ms": "86400000"}
}
{{- end }}
