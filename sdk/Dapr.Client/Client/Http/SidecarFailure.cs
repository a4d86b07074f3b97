using System.Text.Json;

namespace Dapr.Client.Http;

/// <summary>Turns failures of a call into the one exception type that callers know.</summary>
internal static class SidecarFailure
{
    private const int LongestQuote = 500;

    public static DaprException Unreachable(SidecarOperation operation, Exception cause) =>
        new($"{operation} failed: the sidecar did not answer. {cause.Message}", cause);

    public static DaprException Unreadable(SidecarOperation operation, Exception cause) =>
        new($"{operation} failed: the sidecar's answer could not be read. {cause.Message}", cause);

    /// <summary>The status stays readable: the inner exception is an <see cref="HttpRequestException"/> that has it.</summary>
    public static async Task<DaprException> FromAnswerAsync(
        SidecarOperation operation, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        string reason;
        try
        {
            reason = Reason(await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            reason = e.Message;
        }

        var answer = $"the sidecar answered {(int)response.StatusCode} {reason}".TrimEnd();
        return new DaprException($"{operation} failed: {answer}", new HttpRequestException(answer, null, response.StatusCode));
    }

    private static string Reason(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("errorCode", out var code)
                && document.RootElement.TryGetProperty("message", out var message))
            {
                return $"{code}: {message}";
            }
        }
        catch (JsonException)
        {
            // Something between the client and the sidecar answered in its own words; they are quoted below.
        }

        return body.Length <= LongestQuote ? body : body[..LongestQuote];
    }
}
