{{/* Names and labels. */}}

{{- define "dplsync.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* What the names of all objects begin with. */}}
{{- define "dplsync.fullname" -}}
{{- $name := include "dplsync.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "dplsync.selectorLabels" -}}
app.kubernetes.io/name: {{ include "dplsync.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "dplsync.labels" -}}
{{ include "dplsync.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: dplsync
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "dplsync.serviceAccountName" -}}
{{- $own := ternary (include "dplsync.fullname" .) "default" .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default $own }}
{{- end }}

{{- define "dplsync.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion }}
{{- with .Values.image.digest }}
{{- printf "%s@%s" $.Values.image.repository . }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository $tag }}
{{- end }}
{{- end }}

{{- define "dplsync.municipalitiesConfigMap" -}}
{{ .Values.municipalitiesConfigMap | default (printf "%s-municipalities" (include "dplsync.fullname" .)) }}
{{- end }}

{{/* The Kafka user of a program, when Strimzi makes the users: (dict "root" $ "name" "fetcher") */}}
{{- define "dplsync.kafkaUser" -}}
{{ printf "%s-%s" (include "dplsync.fullname" .root) .name }}
{{- end }}
