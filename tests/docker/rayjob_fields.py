"""What a RayJob may say: the fields of KubeRay's ray.io/v1 types, as a JSON schema.

Typed in from ``ray-operator/apis/ray/v1/rayjob_types.go`` and ``raycluster_types.go`` of ray-project/kuberay (release
1.5): names and types only. Pods are Kubernetes' own and are checked against its schemas.
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_WHOLE = {"type": "integer", "minimum": 0}
_YES_NO = {"type": "boolean"}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}
_POD = {"type": "object", "required": ["spec"]}


def _fields(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


_HEAD = _fields(
    ["rayStartParams", "template"], serviceType=_TEXT, headService={"type": "object"}, enableIngress=_YES_NO,
    rayStartParams=_TEXTS, resources=_TEXTS, labels=_TEXTS, template=_POD,
)
_WORKERS = _fields(
    ["groupName", "rayStartParams", "template"], groupName=_TEXT, suspend=_YES_NO, replicas=_WHOLE, minReplicas=_WHOLE,
    maxReplicas=_WHOLE, idleTimeoutSeconds=_WHOLE, numOfHosts=_WHOLE, rayStartParams=_TEXTS, resources=_TEXTS,
    labels=_TEXTS, template=_POD, scaleStrategy={"type": "object"},
)
_CLUSTER = _fields(
    ["headGroupSpec"], rayVersion=_TEXT, enableInTreeAutoscaling=_YES_NO, autoscalerOptions={"type": "object"},
    headServiceAnnotations=_TEXTS, suspend=_YES_NO, managedBy=_TEXT, gcsFaultToleranceOptions={"type": "object"},
    authOptions=_fields([], mode={"enum": ["disabled", "token"]}), headGroupSpec=_HEAD,
    workerGroupSpecs={"type": "array", "items": _WORKERS},
)
RAY_JOB = _fields(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "ray.io/v1"}, kind={"const": "RayJob"}, metadata={"type": "object", "required": ["name"]},
    spec=_fields(
        ["entrypoint", "rayClusterSpec"], entrypoint=_TEXT, runtimeEnvYAML=_TEXT, jobId=_TEXT,
        submissionMode={"enum": ["K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"]},
        submitterPodTemplate=_POD, submitterConfig=_fields([], backoffLimit=_WHOLE), metadata=_TEXTS,
        clusterSelector=_TEXTS, managedBy=_TEXT, deletionStrategy={"type": "object"}, entrypointResources=_TEXT,
        entrypointNumCpus={"type": "number"}, entrypointNumGpus={"type": "number"}, activeDeadlineSeconds=_WHOLE,
        backoffLimit=_WHOLE, preRunningDeadlineSeconds=_WHOLE, ttlSecondsAfterFinished=_WHOLE,
        shutdownAfterJobFinishes=_YES_NO, suspend=_YES_NO, rayClusterSpec=_CLUSTER,
    ),
)
