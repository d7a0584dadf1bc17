{{/* What all pods have in common. Each define takes (dict "root" $ "name" NAME "component" VALUES);
     NAME is fetcher, reconciler, writer, console or operator. */}}

{{- define "dplsync.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "dplsync.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Secrets that are settings: the programs take them from the environment. */}}
{{- define "dplsync.environment" -}}
{{- $values := .root.Values }}
{{- $sasl := $values.kafka.sasl }}
{{- $secret := .component.kafkaSecret | default $sasl.existingSecret }}
{{- if $values.strimzi.users.enabled }}
- name: DPLSYNC_KAFKA_SASL_USERNAME
  value: {{ include "dplsync.kafkaUser" . }}
- name: DPLSYNC_KAFKA_SASL_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "dplsync.kafkaUser" . }}
      key: password
{{- else if $secret }}
- name: DPLSYNC_KAFKA_SASL_USERNAME
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: {{ $sasl.usernameKey }}
- name: DPLSYNC_KAFKA_SASL_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: {{ $sasl.passwordKey }}
{{- end }}
{{- with .component.redisSecret | default $values.redis.existingSecret }}
- name: DPLSYNC_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $values.redis.existingSecretKey }}
{{- end }}
{{- if $values.redis.caSecret.name }}
- name: SSL_CERT_FILE
  value: /run/dplsync/redis/{{ $values.redis.caSecret.key }}
{{- end }}
{{- with .component.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Directories, never subPath: a file mounted by subPath never changes. */}}
{{- define "dplsync.mounts" -}}
- name: settings
  mountPath: /etc/dplsync
  readOnly: true
- name: credentials
  mountPath: /run/dplsync/credentials
  readOnly: true
{{- include "dplsync.caMounts" . }}
{{- with .component.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "dplsync.caMounts" -}}
{{- if .root.Values.kafka.tls.caSecret.name }}
- name: kafka-ca
  mountPath: /run/dplsync/kafka
  readOnly: true
{{- end }}
{{- if .root.Values.redis.caSecret.name }}
- name: redis-ca
  mountPath: /run/dplsync/redis
  readOnly: true
{{- end }}
{{- end }}

{{- define "dplsync.volumes" -}}
- name: settings
  projected:
    defaultMode: 0440
    sources:
      - configMap:
          name: {{ include "dplsync.fullname" .root }}
      - configMap:
          name: {{ include "dplsync.municipalitiesConfigMap" .root }}
- name: credentials
  projected:
    defaultMode: 0440
    {{- with include "dplsync.credentialSources" .root | trim }}
    sources: {{- . | nindent 6 }}
    {{- else }}
    sources: []
    {{- end }}
{{- include "dplsync.caVolumes" . }}
{{- with .component.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "dplsync.caVolumes" -}}
{{- with .root.Values.kafka.tls.caSecret.name }}
- name: kafka-ca
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- with .root.Values.redis.caSecret.name }}
- name: redis-ca
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{/* All are optional: a log-in that is missing must stop one municipality, not all pods. */}}
{{- define "dplsync.credentialSources" -}}
{{- $credentials := .Values.credentials }}
{{- range $secret := $credentials.existingSecrets }}
- secret:
    name: {{ $secret }}
    optional: true
{{- end }}
{{- if $credentials.externalSecret.enabled }}
- secret:
    name: {{ $credentials.externalSecret.name }}
    optional: true
{{- end }}
{{- if $credentials.perMunicipality.enabled }}
{{- range $id, $_ := .Values.municipalities }}
- secret:
    name: {{ printf $credentials.perMunicipality.nameFormat $id }}
    optional: true
    items:
      - {key: username, path: {{ $id }}/username}
      - {key: password, path: {{ $id }}/password}
{{- end }}
{{- end }}
{{- end }}

{{- define "dplsync.podBasics" -}}
serviceAccountName: {{ include "dplsync.serviceAccountName" .root }}
automountServiceAccountToken: {{ .root.Values.serviceAccount.automountServiceAccountToken }}
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext: {{- include "dplsync.podSecurity" . | nindent 2 }}
{{- end }}

{{- define "dplsync.placement" -}}
{{- with .component.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .component.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .component.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .component.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "dplsync.spread" -}}
{{- $context := . }}
{{- with .component.topologySpreadConstraints }}
{{- toYaml . }}
{{- else }}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  matchLabelKeys: [pod-template-hash]
  labelSelector:
    matchLabels: {{- include "dplsync.selectorLabels" $context.root | nindent 6 }}
      app.kubernetes.io/component: {{ $context.name }}
{{- end }}
{{- end }}
{{- end }}
