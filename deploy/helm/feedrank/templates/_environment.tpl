{{/* The variables of a service; arguments as of feedrank.pod and feedrank.statefulSet. */}}
{{- define "feedrank.environment" -}}
{{- $values := .root.Values -}}
{{- $variables := dict
  "FEEDRANK_HOST" "0.0.0.0"
  "FEEDRANK_PORT" "50051"
  "FEEDRANK_METRICS_HOST" "0.0.0.0"
  "FEEDRANK_METRICS_PORT" "9464"
  "FEEDRANK_METRICS_PLAIN_TEXT" (toString $values.metrics.plainText)
  "FEEDRANK_LOG_LEVEL" $values.logLevel
  "FEEDRANK_GENERATIONS" (clean (printf "/generations/%s" $values.generations.folder))
  "FEEDRANK_HOME" "/home/feedrank"
  "FEEDRANK_BUS" $values.bus
  "FEEDRANK_CLOCK" $values.clock
  "FEEDRANK_SWITCHES" "/switches/switches.toml"
  "FEEDRANK_TLS_CERTIFICATE" "/tls/tls.crt"
  "FEEDRANK_TLS_KEY" "/tls/tls.key"
  "FEEDRANK_TLS_AUTHORITY" "/tls/ca.crt"
  "FEEDRANK_TLS_NAME" (include "feedrank.name" .)
  "FEEDRANK_CALLERS" (toJson .callers)
  "FEEDRANK_UNHEALTHY_WAIT_S" (toString .values.unhealthyWaitS)
  "FEEDRANK_DRAIN_S" (toString .values.drainS) -}}
{{- if and (contains "/keys/bus/" $values.bus) (not $values.busSecret) -}}
{{- fail "bus names files in /keys/bus: set busSecret" -}}
{{- end -}}
{{- if $values.generations.trustedKeysSecret -}}
{{- $_ := set $variables "FEEDRANK_GENERATION_KEYS" "/keys/generations/trusted.keys" -}}
{{- end -}}
{{- if eq $values.clock "data" -}}
{{- $_ := set $variables "FEEDRANK_CLOCK_OFFSET_MS" (required "clock data needs clockOffsetMs" $values.clockOffsetMs | int64 | toString) -}}
{{- end -}}
{{- range $name, $value := merge (dict) .variables $values.variables $variables }}
- {name: {{ $name }}, value: {{ toString $value | quote }}}
{{- end }}
{{- if $values.stateSecret }}
- name: FEEDRANK_STATE
  valueFrom: {secretKeyRef: {name: {{ $values.stateSecret }}, key: address}}
{{- else }}
- {name: FEEDRANK_STATE, value: {{ $values.state | quote }}}
{{- end }}
{{- if .hasPlace }}
- name: FEEDRANK_REPLICA
  valueFrom: {fieldRef: {fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']"}}
- {name: FEEDRANK_REPLICAS, value: {{ .replicas | quote }}}
{{- end }}
{{- end -}}
