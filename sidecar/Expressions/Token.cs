namespace Sidecar.Expressions;

internal enum TokenKind { End, Identifier, Number, Text, Symbol }

/// <param name="Column">1-based, for the error message.</param>
/// <param name="Value">The decoded text or the number of a literal.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Column, object? Value = null)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Text == symbol;
}
