using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Dapr.AspNetCore.CloudEvents;

/// <summary>
/// Opens <c>application/cloudevents+json</c> envelopes: the endpoint reads the data as if it had been posted alone. Other requests pass by.
/// </summary>
internal sealed class CloudEventsMiddleware(RequestDelegate next, CloudEventsMiddlewareOptions options)
{
    private const string MediaType = "application/cloudevents+json";

    public Task InvokeAsync(HttpContext context) =>
        MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var contentType)
            && contentType.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
                ? OpenAsync(context, contentType)
                : next(context);

    private async Task OpenAsync(HttpContext context, MediaTypeHeaderValue contentType)
    {
        using var envelope = await ReadAsync(context.Request, contentType, context.RequestAborted);
        if (envelope is null || !CloudEventPayload.TryOpen(envelope.RootElement, options.SuppressJsonDecodingOfTextPayloads, out var payload))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (options.ForwardCloudEventPropertiesAsHeaders)
        {
            Forward(envelope.RootElement, context.Request.Headers);
        }

        var request = context.Request;
        var (originalBody, originalType, originalLength) = (request.Body, request.ContentType, request.ContentLength);
        try
        {
            request.Body = new MemoryStream(payload.Body, writable: false);
            request.ContentType = payload.ContentType;
            request.ContentLength = payload.Body.Length;
            await next(context);
        }
        finally
        {
            request.Body = originalBody;
            request.ContentType = originalType;
            request.ContentLength = originalLength;
        }
    }

    private static async Task<JsonDocument?> ReadAsync(HttpRequest request, MediaTypeHeaderValue contentType, CancellationToken cancellationToken)
    {
        try
        {
            if (contentType.Encoding is { } encoding && encoding.WebName != "utf-8")
            {
                using var reader = new StreamReader(request.Body, encoding, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
                return JsonDocument.Parse(await reader.ReadToEndAsync(cancellationToken));
            }

            return await JsonDocument.ParseAsync(request.Body, default, cancellationToken);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Forward(JsonElement envelope, IHeaderDictionary headers)
    {
        foreach (var attribute in envelope.EnumerateObject())
        {
            if (attribute.Name is CloudEventPayload.Data or CloudEventPayload.Base64Data
                || options.IncludedCloudEventPropertiesAsHeaders?.Contains(attribute.Name) == false
                || options.ExcludedCloudEventPropertiesFromHeaders?.Contains(attribute.Name) == true)
            {
                continue;
            }

            headers.TryAdd("Cloudevent." + attribute.Name, attribute.Value.ToString());
        }
    }
}
