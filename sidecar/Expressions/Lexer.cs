using System.Globalization;
using System.Text;

namespace Sidecar.Expressions;

internal static class Lexer
{
    private static readonly string[] Symbols =
        ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ".", "-", "+", "*", "/", "%", "?", ":", ",", "{", "}"];

    public static List<Token> Split(string text)
    {
        var tokens = new List<Token>();
        var at = 0;
        while (at < text.Length)
        {
            var start = at;
            var c = text[at];
            if (char.IsWhiteSpace(c))
            {
                at++;
            }
            else if (char.IsAsciiLetter(c) || c == '_')
            {
                while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_'))
                {
                    at++;
                }

                tokens.Add(new Token(TokenKind.Identifier, text[start..at], start + 1));
            }
            else if (char.IsAsciiDigit(c))
            {
                tokens.Add(ReadNumber(text, ref at));
            }
            else if (c is '"' or '\'')
            {
                tokens.Add(ReadText(text, ref at));
            }
            else
            {
                var symbol = Symbols.FirstOrDefault(candidate => string.CompareOrdinal(text, start, candidate, 0, candidate.Length) == 0)
                    ?? throw new ExpressionException($"unexpected character '{c}' at column {start + 1}");
                at += symbol.Length;
                tokens.Add(new Token(TokenKind.Symbol, symbol, start + 1));
            }
        }

        tokens.Add(new Token(TokenKind.End, "the end", text.Length + 1));
        return tokens;
    }

    private static Token ReadNumber(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '.'
            || (text[at] is '+' or '-' && text[at - 1] is 'e' or 'E')))
        {
            at++;
        }

        var digits = text[start..at];
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            ? new Token(TokenKind.Number, digits, start + 1, number)
            : throw new ExpressionException($"'{digits}' at column {start + 1} is not a number this sidecar reads");
    }

    private static Token ReadText(string text, ref int at)
    {
        var start = at;
        var quote = text[at++];
        var value = new StringBuilder();
        while (at < text.Length && text[at] != quote)
        {
            if (text[at] != '\\')
            {
                value.Append(text[at++]);
                continue;
            }

            value.Append(ReadEscape(text, ref at));
        }

        if (at == text.Length)
        {
            throw new ExpressionException($"the text that starts at column {start + 1} has no end");
        }

        at++;
        return new Token(TokenKind.Text, text[start..at], start + 1, value.ToString());
    }

    private static char ReadEscape(string text, ref int at)
    {
        var column = at + 1;
        var kind = at + 1 < text.Length ? text[at + 1] : '\0';
        at += 2;
        switch (kind)
        {
            case '\\' or '"' or '\'':
                return kind;
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when at + 4 <= text.Length
                && ushort.TryParse(text.AsSpan(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                at += 4;
                return (char)code;
            default:
                throw new ExpressionException($"unknown escape at column {column}");
        }
    }
}
