{{- define "tcpvitals.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}-tcpvitalsd
{{- end }}

{{- define "tcpvitals.selector" -}}
app.kubernetes.io/name: tcpvitalsd
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tcpvitals.labels" -}}
{{ include "tcpvitals.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "tcpvitals.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "tcpvitals.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- define "tcpvitals.port" -}}
{{ regexFind "[0-9]+$" .Values.listen }}
{{- end }}

{{- define "tcpvitals.settings" -}}
{{- if not (has .Values.namespaces (list "self" "all")) }}{{ fail (printf "namespaces: %v is neither self nor all" .Values.namespaces) }}{{ end -}}
{{- if not (regexMatch ":[0-9]+$" .Values.listen) }}{{ fail (printf "listen: %v has no port" .Values.listen) }}{{ end -}}
{{- range $key := list "listen" "netns" "web-config" "no-trace" }}{{ if hasKey $.Values.settings $key }}{{ fail (printf "settings.%s: it is set by a value of its own" $key) }}{{ end }}{{ end -}}
{{- $all := dict "listen" .Values.listen "netns" .Values.namespaces -}}
{{- if .Values.webConfig.secret }}{{ $_ := set $all "web-config" "/etc/tcpvitals-web/web.yaml" }}{{ end -}}
{{- if not .Values.trace }}{{ $_ := set $all "no-trace" true }}{{ end -}}
{{ toYaml (merge $all .Values.settings) }}
{{- end }}

{{- define "tcpvitals.capabilities" -}}
{{- $all := list "NET_ADMIN" -}}
{{- if .Values.trace }}{{ $all = concat $all (list "BPF" "PERFMON") }}{{ end -}}
{{- if .Values.owners }}{{ $all = concat $all (list "SYS_PTRACE" "DAC_READ_SEARCH") }}{{ end -}}
{{- if eq .Values.namespaces "all" }}{{ $all = append $all "SYS_ADMIN" }}{{ end -}}
{{ toYaml $all }}
{{- end }}

{{- define "tcpvitals.probe" -}}
{{- $host := regexReplaceAll ":[0-9]+$" .Values.listen "" | trimPrefix "[" | trimSuffix "]" -}}
{{- if .Values.webConfig.secret }}
tcpSocket:
  port: {{ include "tcpvitals.port" . }}
{{- else }}
httpGet:
  path: {{ .path }}
  port: {{ include "tcpvitals.port" . }}
{{- end }}
{{- if $host }}
  host: {{ $host | quote }}
{{- end }}
{{- end }}
