namespace Sidecar.Expressions;

/// <summary>What is known of a value before anything runs; an event's members are dynamic.</summary>
internal enum ValueKind { Dynamic, Bool, Number, Text, Null }

internal abstract record Node(ValueKind Type)
{
    public abstract object? Evaluate(Func<string, object?> variables);
}

internal sealed record Literal(object? Value, ValueKind Type) : Node(Type)
{
    public override object? Evaluate(Func<string, object?> variables) => Value;
}

internal sealed record Variable(string Name, ValueKind Type) : Node(Type)
{
    public override object? Evaluate(Func<string, object?> variables) => variables(Name);
}

internal sealed record MemberAccess(Node Target, string Name) : Node(ValueKind.Dynamic)
{
    public override object? Evaluate(Func<string, object?> variables) => Values.Member(Target.Evaluate(variables), Name);
}

internal sealed record Negation(Node Operand) : Node(ValueKind.Bool)
{
    public override object? Evaluate(Func<string, object?> variables) => Operand.Evaluate(variables) switch
    {
        bool value => !value,
        Failure failure => failure,
        _ => new Failure("'!' needs a boolean"),
    };
}

internal sealed record Comparison(string Operator, Node Left, Node Right) : Node(ValueKind.Bool)
{
    public override object? Evaluate(Func<string, object?> variables)
    {
        var left = Left.Evaluate(variables);
        var right = Right.Evaluate(variables);
        if ((left as Failure ?? right as Failure) is { } failure)
        {
            return failure;
        }

        if (Operator is "==" or "!=")
        {
            return Values.AreEqual(left, right) == (Operator == "==");
        }

        return Values.Order(left, right) switch
        {
            int order => Operator switch
            {
                "<" => order < 0,
                "<=" => order <= 0,
                ">" => order > 0,
                _ => order >= 0,
            },
            var unordered => unordered,
        };
    }
}

/// <summary>One side may decide alone (false for "and", true for "or"), even when the other fails.</summary>
internal sealed record Junction(bool Deciding, Node Left, Node Right) : Node(ValueKind.Bool)
{
    public override object? Evaluate(Func<string, object?> variables)
    {
        var left = Left.Evaluate(variables);
        if (left is bool decided && decided == Deciding)
        {
            return left;
        }

        var right = Right.Evaluate(variables);
        if (right is bool late && late == Deciding)
        {
            return right;
        }

        return left is bool && right is bool
            ? !Deciding
            : left as Failure ?? right as Failure ?? new Failure("'&&' and '||' need booleans");
    }
}
