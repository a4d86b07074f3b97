using System.Diagnostics.CodeAnalysis;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.ServiceDefaults.Http;

/// <summary>The <c>Idempotency-Key</c> header: 1 to 255 printable ASCII characters.</summary>
public static class IdempotencyKey
{
    public const int MaxLength = 255;

    /// <returns>False with the problem to answer when the key is missing or malformed.</returns>
    public static bool TryRead(
        HttpRequest request, [NotNullWhen(true)] out string? key, [NotNullWhen(false)] out ProblemHttpResult? problem)
    {
        key = null;
        problem = null;
        var values = request.Headers[ShopHeaders.IdempotencyKey];
        if (values.Count == 0 || string.IsNullOrEmpty(values[0]))
        {
            problem = Problems.IdempotencyKeyMissing(
                $"Send an {ShopHeaders.IdempotencyKey} header of 1 to {MaxLength} printable ASCII characters, and the same one when you repeat the request.");
            return false;
        }

        if (values.Count > 1 || values[0]!.Length > MaxLength || !values[0]!.All(IsPrintableAscii))
        {
            problem = Problems.Validation(
                ShopHeaders.IdempotencyKey, $"must be one value of 1 to {MaxLength} printable ASCII characters");
            return false;
        }

        key = values[0]!;
        return true;
    }

    private static bool IsPrintableAscii(char c) => c is >= ' ' and <= '~';
}
