namespace Sidecar.Expressions;

/// <summary>The text is not an expression, or uses a part of CEL that this sidecar does not evaluate.</summary>
internal sealed class ExpressionException(string message) : Exception(message);
