{{/*
A set of processes with a place or a volume of its own each. Arguments: those of feedrank.pod, and
replicas, hasPlace (whether each is told its ordinal), volume (size and storageClass of its home).
*/}}
{{- define "feedrank.statefulSet" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "feedrank.name" . }}
  labels: {{- include "feedrank.labels" . | nindent 4 }}
spec:
  replicas: {{ .replicas }}
  serviceName: {{ include "feedrank.name" . }}
  podManagementPolicy: Parallel
  # Callers look names up every five seconds: a new replica is known before the next old one goes.
  minReadySeconds: 10
  selector:
    matchLabels: {{- include "feedrank.selector" . | nindent 6 }}
  template: {{- include "feedrank.pod" . | nindent 4 }}
  {{- with .volume }}
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Delete}
  volumeClaimTemplates:
    - metadata: {name: home}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .size }}}}
  {{- end }}
{{- end -}}
