namespace Sidecar.Resiliency;

/// <summary>Marks a failure that no retry may repeat; the caller sees the inner exception.</summary>
internal sealed class PermanentFailureException(Exception inner) : Exception(inner.Message, inner);
