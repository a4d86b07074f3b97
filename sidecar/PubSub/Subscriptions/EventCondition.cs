using Sidecar.Expressions;

namespace Sidecar.PubSub.Subscriptions;

/// <summary>Routing rules see one variable, the whole CloudEvent.</summary>
internal static class EventCondition
{
    public const string Event = "event";

    public static readonly IReadOnlyDictionary<string, ValueKind> Variables =
        new Dictionary<string, ValueKind>(StringComparer.Ordinal) { [Event] = ValueKind.Dynamic };
}
