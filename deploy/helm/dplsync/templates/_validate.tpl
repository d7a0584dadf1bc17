{{/* What a schema cannot say, and what must be said even where nobody looks at the schema. */}}

{{- define "dplsync.validate" -}}
{{- include "dplsync.validateRequired" . }}
{{- include "dplsync.validateUsers" . }}
{{- include "dplsync.validateStrimzi" . }}
{{- include "dplsync.validateKeda" . }}
{{- include "dplsync.validateNetwork" . }}
{{- if and .Values.prometheusRule.enabled (not (hasPrefix "https://" .Values.prometheusRule.runbookUrl)) }}
{{- fail "prometheusRule.runbookUrl: the alerts link to it; write where your people read deploy/README.md, as https://..." }}
{{- end }}
{{- range $service := list "fetcher" "reconciler" "writer" }}
{{- if le (int (get $.Values $service).terminationGracePeriodSeconds) 65 }}
{{- fail (printf "%s.terminationGracePeriodSeconds: it must be more than 65, the seconds after which a program gives up draining" $service) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "dplsync.validateRequired" -}}
{{- if not .Values.contact }}
{{- fail "contact: write a mail or web address that the sites' operators can turn to" }}
{{- end }}
{{- if not .Values.kafka.bootstrapServers }}
{{- fail "kafka.bootstrapServers: write where Kafka is, as host:port" }}
{{- end }}
{{- if and .Values.redis.url .Values.redis.existingSecret }}
{{- fail "redis: url and existingSecret are both there; keep one of them" }}
{{- end }}
{{- range $name, $_ := .Values.kafka.properties }}
{{- if or (contains "password" $name) (hasPrefix "sasl.username" $name) (hasSuffix ".pem" $name) }}
{{- fail (printf "kafka.properties: %s would stand in a ConfigMap; put it into a Secret and name that in kafka.sasl.existingSecret, or in extraEnv" $name) }}
{{- end }}
{{- if eq $name "bootstrap.servers" }}
{{- fail "kafka.properties: bootstrap.servers has a value of its own, kafka.bootstrapServers" }}
{{- end }}
{{- end }}
{{- if not (or .Values.redis.url .Values.redis.existingSecret) }}
{{- fail "redis: write url (redis://host:6379/0), or existingSecret if it has a password" }}
{{- end }}
{{- if and .Values.redis.url (contains "@" .Values.redis.url) }}
{{- fail "redis.url: it would stand in a ConfigMap with its password; put it into a Secret and name that in redis.existingSecret" }}
{{- end }}
{{- if and .Values.municipalities .Values.municipalitiesConfigMap }}
{{- fail "municipalities and municipalitiesConfigMap are both there; keep one of them" }}
{{- end }}
{{- end }}

{{/* Whoever logs in needs a name. */}}
{{- define "dplsync.validateUsers" -}}
{{- $values := .Values }}
{{- if and (include "dplsync.sasl" .) (not $values.kafka.sasl.existingSecret) (not $values.strimzi.users.enabled) }}
{{- range $service := list "fetcher" "reconciler" "writer" }}
{{- if not (get $values $service).kafkaSecret }}
{{- fail (printf "%s.kafkaSecret: the other programs log in at Kafka; name its Secret, or one for all in kafka.sasl.existingSecret" $service) }}
{{- end }}
{{- end }}
{{- if and (or $values.console.enabled $values.topics.create.enabled) (not $values.console.kafkaSecret) }}
{{- fail "console.kafkaSecret: the console and topics.create log in at Kafka, too; name the operator's Secret, or one for all in kafka.sasl.existingSecret" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "dplsync.validateStrimzi" -}}
{{- $strimzi := .Values.strimzi }}
{{- if and (or $strimzi.topics.enabled $strimzi.users.enabled) (not $strimzi.cluster) }}
{{- fail "strimzi.cluster: write the name of the Kafka resource that topics and users belong to" }}
{{- end }}
{{- if and $strimzi.users.enabled .Values.kafka.sasl.existingSecret }}
{{- fail "strimzi.users makes a Secret for each program; remove kafka.sasl.existingSecret" }}
{{- end }}
{{- if and $strimzi.users.enabled (ne .Values.kafka.sasl.mechanism "SCRAM-SHA-512") }}
{{- fail "kafka.sasl.mechanism: Strimzi's users have SCRAM-SHA-512" }}
{{- end }}
{{- if and $strimzi.users.enabled .Values.topics.create.enabled (not $strimzi.topics.enabled) }}
{{- fail "topics.create would run before strimzi.users has made its user; let strimzi.topics make the topics, or turn topics.create off" }}
{{- end }}
{{- end }}

{{- define "dplsync.validateKeda" -}}
{{- $keda := .Values.keda }}
{{- if and $keda.enabled (gt (mul 2 (int $keda.maxReplicas)) (int .Values.topics.partitions)) }}
{{- fail "keda.maxReplicas: it must be at most half of topics.partitions, so that every pod has work" }}
{{- end }}
{{- if and $keda.enabled (gt (int $keda.minReplicas) (int $keda.maxReplicas)) }}
{{- fail "keda.minReplicas: it is more than keda.maxReplicas" }}
{{- end }}
{{- end }}

{{- define "dplsync.validateNetwork" -}}
{{- $network := .Values.networkPolicy }}
{{- if and $network.enabled (not (and $network.kafka $network.redis)) }}
{{- fail "networkPolicy: without the rules networkPolicy.kafka and networkPolicy.redis nothing could be reached; write [{to: [...], ports: [{port: 9093}]}]" }}
{{- end }}
{{- $collector := dig "tracing" "endpoint" "" .Values.config }}
{{- if and $network.enabled $collector (not (or $network.otlp $network.extraEgress)) }}
{{- fail (printf "networkPolicy.otlp: the collector of config.tracing.endpoint, %s, could not be reached; write [{to: [...], ports: [{port: 4318}]}]" $collector) }}
{{- end }}
{{- end }}
