namespace Sidecar.Expressions;

/// <summary>
/// The part of CEL that routing rules and trip conditions use: literals, variables, member access, comparison, and, or,
/// not, parentheses. Anything else is refused by name, so that a rule never silently fails to match.
/// </summary>
internal sealed class Parser
{
    private const int DeepestNesting = 100;

    private readonly IReadOnlyDictionary<string, ValueKind> _variables;
    private readonly List<Token> _tokens;
    private int _at;
    private int _depth;

    private Parser(string text, IReadOnlyDictionary<string, ValueKind> variables)
    {
        _tokens = Lexer.Split(text);
        _variables = variables;
    }

    private Token Current => _tokens[_at];

    public static Node Parse(string text, IReadOnlyDictionary<string, ValueKind> variables)
    {
        var parser = new Parser(text, variables);
        var root = parser.Or();
        if (parser.Current.Kind != TokenKind.End)
        {
            throw parser.Unsupported();
        }

        return root.Type is ValueKind.Bool or ValueKind.Dynamic
            ? root
            : throw new ExpressionException("the expression is not a condition: it has no boolean value");
    }

    private Node Or()
    {
        var left = And();
        while (Take("||"))
        {
            left = new Junction(true, Boolean(left, "||"), Boolean(And(), "||"));
        }

        return left;
    }

    private Node And()
    {
        var left = Relation();
        while (Take("&&"))
        {
            left = new Junction(false, Boolean(left, "&&"), Boolean(Relation(), "&&"));
        }

        return left;
    }

    private Node Relation()
    {
        var left = Unary();
        while (Current is { Kind: TokenKind.Symbol, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" } sign)
        {
            _at++;
            var right = Unary();
            if (left.Type != right.Type && left.Type != ValueKind.Dynamic && right.Type != ValueKind.Dynamic
                && left.Type != ValueKind.Null && right.Type != ValueKind.Null)
            {
                throw new ExpressionException($"'{sign.Text}' at column {sign.Column} compares values of different types");
            }

            left = new Comparison(sign.Text, left, right);
        }

        return left;
    }

    private Node Unary()
    {
        if (++_depth > DeepestNesting)
        {
            throw new ExpressionException("the expression is nested too deeply");
        }

        var node = Take("!") ? new Negation(Boolean(Unary(), "!")) : Members(Primary());
        _depth--;
        return node;
    }

    private Node Members(Node node)
    {
        while (true)
        {
            if (Take("."))
            {
                var name = Next(TokenKind.Identifier, "a member name");
                if (Current.Is("("))
                {
                    throw new ExpressionException($"the function '{name.Text}' at column {name.Column} is not supported");
                }

                node = new MemberAccess(node, name.Text);
            }
            else if (Take("["))
            {
                var key = Next(TokenKind.Text, "a text in quotes");
                Expect("]");
                node = new MemberAccess(node, (string)key.Value!);
            }
            else
            {
                return node;
            }
        }
    }

    private Node Primary()
    {
        var token = _tokens[_at];
        if (Take("("))
        {
            var inner = Or();
            Expect(")");
            return inner;
        }

        if (Take("-"))
        {
            return new Literal(-(double)Next(TokenKind.Number, "a number").Value!, ValueKind.Number);
        }

        if (token.Kind is TokenKind.End or TokenKind.Symbol)
        {
            throw Unsupported();
        }

        _at++;
        return token.Kind switch
        {
            TokenKind.Number => new Literal(token.Value, ValueKind.Number),
            TokenKind.Text => new Literal(token.Value, ValueKind.Text),
            _ => Name(token),
        };
    }

    private Node Name(Token token)
    {
        switch (token.Text)
        {
            case "true" or "false":
                return new Literal(token.Text == "true", ValueKind.Bool);
            case "null":
                return new Literal(null, ValueKind.Null);
        }

        if (Current.Is("("))
        {
            throw new ExpressionException($"the function '{token.Text}' at column {token.Column} is not supported");
        }

        return _variables.TryGetValue(token.Text, out var type)
            ? new Variable(token.Text, type)
            : throw new ExpressionException(
                $"'{token.Text}' at column {token.Column} is not declared; known: {string.Join(", ", _variables.Keys.Order(StringComparer.Ordinal))}");
    }

    private static Node Boolean(Node node, string sign) => node.Type is ValueKind.Bool or ValueKind.Dynamic
        ? node
        : throw new ExpressionException($"'{sign}' needs boolean operands");

    private bool Take(string symbol)
    {
        if (!Current.Is(symbol))
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Expect(string symbol)
    {
        if (!Take(symbol))
        {
            throw new ExpressionException($"'{symbol}' expected at column {Current.Column}, not '{Current.Text}'");
        }
    }

    private Token Next(TokenKind kind, string what)
    {
        var token = Current;
        if (token.Kind != kind)
        {
            throw new ExpressionException($"{what} expected at column {token.Column}, not '{token.Text}'");
        }

        _at++;
        return token;
    }

    private ExpressionException Unsupported() => Current.Kind == TokenKind.End
        ? new ExpressionException("the expression ends too early")
        : new ExpressionException($"'{Current.Text}' at column {Current.Column} is not supported here");
}
