using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Sidecar.Http;

/// <summary>What every handler reads from a request, the way daprd reads it.</summary>
internal static class RequestReading
{
    private const string MetadataPrefix = "metadata.";

    /// <summary>
    /// A path parameter. The path is kept as the client escaped it until here and then *query*-unescaped: %2F works
    /// inside a key and + is a blank (dapr-contract.md 1.4).
    /// </summary>
    public static string PathParameter(this HttpContext context, string name) =>
        context.Request.RouteValues[name] is string { Length: > 0 } raw ? WebUtility.UrlDecode(raw) : "";

    /// <summary>The query's metadata.NAME=value pairs without their prefix; null when there are none.</summary>
    public static Dictionary<string, string>? QueryMetadata(this HttpContext context)
    {
        Dictionary<string, string>? metadata = null;
        foreach (var (name, values) in context.Request.Query)
        {
            if (name.StartsWith(MetadataPrefix, StringComparison.Ordinal))
            {
                metadata ??= new Dictionary<string, string>(StringComparer.Ordinal);
                metadata[name[MetadataPrefix.Length..]] = values.Count > 0 ? values[0] ?? "" : "";
            }
        }

        return metadata;
    }

    /// <summary>
    /// The whole body. Throws <see cref="BadHttpRequestException"/> when it is longer than the limit or breaks off;
    /// each API answers that with its own error, never with 413.
    /// </summary>
    public static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(this HttpContext context, CancellationToken cancellationToken)
    {
        var limit = context.TakeBodyLimit() ?? long.MaxValue;
        var request = context.Request;
        if (request.ContentLength is { } length)
        {
            if (length > limit)
            {
                throw TooLarge();
            }

            var body = GC.AllocateUninitializedArray<byte>(checked((int)length));
            await request.Body.ReadExactlyAsync(body, cancellationToken);
            return body;
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[4096];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > limit)
            {
                throw TooLarge();
            }
        }

        return buffer.ToArray();
    }

    /// <summary>
    /// The largest body, which the caller enforces from here on. A server that does it itself closes the connection on
    /// what it did not read, and the client may then see a broken connection instead of the answer; without a limit of
    /// its own it reads the rest away for some seconds.
    /// </summary>
    public static long? TakeBodyLimit(this HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is not { } size)
        {
            return null;
        }

        var limit = size.MaxRequestBodySize;
        if (!size.IsReadOnly)
        {
            size.MaxRequestBodySize = null;
        }

        return limit;
    }

    private static BadHttpRequestException TooLarge() =>
        new("http: request body too large", StatusCodes.Status413PayloadTooLarge);
}
