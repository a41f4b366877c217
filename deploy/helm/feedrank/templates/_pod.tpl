{{/*
The pod of every service. Arguments: root, component, service (as metrics call it), module, values (of
the service), variables (its own), callers (name to roles), home (`empty`, or `claim` if the workload
has one), pageTokens (whether it signs pages).
*/}}
{{- define "feedrank.pod" -}}
{{- $values := .root.Values -}}
{{- $probes := ternary "HTTP" "HTTPS" $values.metrics.plainText -}}
metadata:
  labels:
    {{- include "feedrank.labels" . | nindent 4 }}
    feedrank.io/service: {{ .service }}
  {{- if $values.metrics.plainText }}
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: "9464"
    prometheus.io/scheme: http
  {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  # Longer than both waits, and than what closes after them.
  terminationGracePeriodSeconds: {{ add (ceil .values.unhealthyWaitS) (ceil .values.drainS) 35 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "feedrank.selector" $ | nindent 10 }}
    {{- end }}
  containers:
    - name: {{ .module | replace "_" "-" }}
      image: "{{ $values.image.repository }}:{{ $values.image.tag | default .root.Chart.AppVersion }}"
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args: [python, -m, {{ .module }}.main]
      env:
        {{- include "feedrank.environment" . | trim | nindent 8 }}
      ports:
        - {name: grpc, containerPort: 50051}
        - {name: metrics, containerPort: 9464}
      # The port opens when everything is loaded.
      startupProbe:
        httpGet: {path: /livez, port: metrics, scheme: {{ $probes }}}
        periodSeconds: 2
        timeoutSeconds: 6
        failureThreshold: {{ div (ceil .values.startupS) 2 }}
      livenessProbe:
        httpGet: {path: /livez, port: metrics, scheme: {{ $probes }}}
        periodSeconds: 10
        timeoutSeconds: 6
        failureThreshold: 3
      readinessProbe:
        httpGet: {path: /readyz, port: metrics, scheme: {{ $probes }}}
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 2
      resources: {{- toYaml .values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: generations, mountPath: /generations, readOnly: true}
        - {name: home, mountPath: /home/feedrank}
        - {name: tmp, mountPath: /tmp}
        - {name: tls, mountPath: /tls, readOnly: true}
        - {name: switches, mountPath: /switches, readOnly: true}
        {{- if $values.generations.trustedKeysSecret }}
        - {name: trusted-keys, mountPath: /keys/generations, readOnly: true}
        {{- end }}
        {{- if $values.busSecret }}
        - {name: bus, mountPath: /keys/bus, readOnly: true}
        {{- end }}
        {{- if .pageTokens }}
        - {name: page-tokens, mountPath: /keys/page-tokens, readOnly: true}
        {{- if $values.callerKeysSecret }}
        - {name: caller-keys, mountPath: /keys/callers, readOnly: true}
        {{- end }}
        {{- end }}
  volumes:
    - name: generations
      persistentVolumeClaim: {claimName: {{ $values.generations.existingClaim }}, readOnly: true}
    {{- if eq .home "empty" }}
    - {name: home, emptyDir: {}}
    {{- end }}
    - {name: tmp, emptyDir: {}}
    - name: tls
      secret: {secretName: {{ include "feedrank.tlsSecret" . }}, defaultMode: 0440}
    - name: switches
      configMap: {name: {{ include "feedrank.fullname" .root }}-switches}
    {{- with $values.generations.trustedKeysSecret }}
    - name: trusted-keys
      secret: {secretName: {{ . }}, defaultMode: 0440}
    {{- end }}
    {{- with $values.busSecret }}
    - name: bus
      secret: {secretName: {{ . }}, defaultMode: 0440}
    {{- end }}
    {{- if .pageTokens }}
    - name: page-tokens
      secret: {secretName: {{ include "feedrank.pageTokenSecret" .root }}, defaultMode: 0440}
    {{- with $values.callerKeysSecret }}
    - name: caller-keys
      secret: {secretName: {{ . }}, defaultMode: 0440}
    {{- end }}
    {{- end }}
{{- end -}}
