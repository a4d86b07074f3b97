using Sidecar.Configuration;

namespace Sidecar.Metrics;

/// <summary>Error answers by their code, where spec.metrics.recordErrorCodes asks for it.</summary>
internal sealed class ErrorCodeMetrics(FamilySet families, MetricsSpec spec)
{
    // The first that a code begins with; the rest belongs to no building block.
    private static readonly (string Start, string Category)[] Categories =
    [
        ("ERR_ACTOR_", "actor"),
        ("ERR_WORKFLOW_", "workflow"),
        ("ERR_INSTANCE_ID_", "workflow"),
        ("ERR_STATE_", "state"),
        ("ERR_NOT_SUPPORTED_STATE_", "state"),
        ("DAPR_STATE_", "state"),
        ("ERR_CONFIGURATION_", "configuration"),
        ("ERR_SECRET_", "secret"),
        ("ERR_PERMISSION_DENIED", "secret"),
        ("ERR_PUBSUB_", "pubsub"),
        ("ERR_TOPIC_", "pubsub"),
        ("ERR_PUBLISH_", "pubsub"),
        ("DAPR_PUBSUB_", "pubsub"),
        ("ERR_DIRECT_INVOKE", "service-invocation"),
        ("ERR_INVOKE_OUTPUT_BINDING", "binding"),
        ("ERR_LOCK_", "lock"),
        ("ERR_TRY_LOCK", "lock"),
        ("ERR_UNLOCK", "lock"),
        ("ERR_HEALTH_", "health"),
        ("ERR_OUTBOUND_HEALTH_", "health"),
        ("DAPR_SCHEDULER_", "job"),
    ];

    private readonly Family _errors = families.Counter("error_code_total", "Error answers by code.", false, "category", "error_code");

    public void Answered(string errorCode)
    {
        if (spec.RecordErrorCodes)
        {
            _errors.Count(new LabelValues(CategoryOf(errorCode), errorCode));
        }
    }

    private static string CategoryOf(string errorCode) =>
        Array.Find(Categories, entry => errorCode.StartsWith(entry.Start, StringComparison.Ordinal)).Category
        ?? (errorCode.EndsWith("_WORKFLOW", StringComparison.Ordinal) ? "workflow" : "common");
}
