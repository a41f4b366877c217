{{/* Names and labels. A component is one set of processes that is called by one name: ranker, ann-shards-0 … */}}

{{- define "feedrank.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Arguments: root, component. Name of its workload, of its headless service, and in its certificate. */}}
{{- define "feedrank.name" -}}
{{- printf "%s-%s" (include "feedrank.fullname" .root) .component -}}
{{- end -}}

{{- define "feedrank.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "feedrank.labels" -}}
{{ include "feedrank.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "feedrank.tlsSecret" -}}
{{- get .root.Values.tls.existingSecrets .component | default (printf "%s-tls" (include "feedrank.name" .)) -}}
{{- end -}}

{{- define "feedrank.address" -}}
{{- printf "dns:///%s:50051" (include "feedrank.name" .) -}}
{{- end -}}

{{- define "feedrank.pageTokenSecret" -}}
{{- .Values.pageTokenKeys.existingSecret | default (printf "%s-page-tokens" (include "feedrank.fullname" .)) -}}
{{- end -}}

{{/* Every component: its name for metrics, whom it calls, and whether it needs the state store. */}}
{{- define "feedrank.components" -}}
{{- $shards := list -}}
{{- range $group, $_ := .Values.annShards.groups -}}
{{- $shards = append $shards (printf "ann-shards-%d" $group) -}}
{{- end -}}
{{- $behind := list "social-graph" "ranker" | concat $shards -}}
{{- $components := list
  (dict "component" "ranker" "service" "ranker" "calls" (list) "state" false)
  (dict "component" "counters" "service" "counters" "calls" (list) "state" true)
  (dict "component" "social-graph" "service" "social_graph" "calls" (list) "state" false)
  (dict "component" "candidate-gen" "service" "candidate_gen" "calls" $behind "state" true)
  (dict "component" "feed-assembly" "service" "feed_assembly" "calls" (list "candidate-gen") "state" true) -}}
{{- range $group, $name := $shards -}}
{{- $components = append $components (dict
  "component" $name "service" (printf "ann_shards-%d" $group) "calls" (list) "state" false) -}}
{{- end -}}
{{- dict "components" $components | toJson -}}
{{- end -}}
