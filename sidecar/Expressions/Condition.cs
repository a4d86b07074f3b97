namespace Sidecar.Expressions;

/// <summary>A parsed boolean expression over named variables.</summary>
internal sealed class Condition
{
    private readonly Node _root;

    private Condition(string text, Node root)
    {
        Text = text;
        _root = root;
    }

    public string Text { get; }

    /// <summary>Throws <see cref="ExpressionException"/> with the column of the mistake.</summary>
    public static Condition Parse(string text, IReadOnlyDictionary<string, ValueKind> variables) =>
        new(text, Parser.Parse(text, variables));

    /// <summary>An empty text is valid: it stands for "always".</summary>
    public static bool IsValid(string text, IReadOnlyDictionary<string, ValueKind> variables, out string mistake)
    {
        mistake = "";
        if (string.IsNullOrWhiteSpace(text))
        {
            return true;
        }

        try
        {
            Parser.Parse(text, variables);
            return true;
        }
        catch (ExpressionException exception)
        {
            mistake = exception.Message;
            return false;
        }
    }

    /// <summary>False with an <paramref name="error"/> when the expression has no boolean value for these variables.</summary>
    public bool Holds(Func<string, object?> variables, out string? error)
    {
        object? result;
        try
        {
            result = _root.Evaluate(variables);
        }
        catch (InvalidOperationException exception)
        {
            // Half a surrogate pair is legal in a JSON text or name, and only reading it finds it.
            result = new Failure(exception.Message);
        }

        switch (result)
        {
            case bool value:
                error = null;
                return value;
            case Failure failure:
                error = failure.Message;
                return false;
            default:
                error = "the expression has no boolean value";
                return false;
        }
    }
}
