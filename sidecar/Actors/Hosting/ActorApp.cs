using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sidecar.Host;
using Sidecar.Invocation;

namespace Sidecar.Actors.Hosting;

/// <summary>What fires: a reminder or a timer, as the app gets to know it.</summary>
/// <param name="Callback">Of timers only.</param>
/// <param name="Data">JSON as the client gave it; empty without any.</param>
internal sealed record ScheduledCall(string Name, string DueTime, string Period, ReadOnlyMemory<byte> Data, string? Callback = null);

/// <summary>The calls from the runtime to the app that hosts the actors (dapr-contract.md 10.1).</summary>
/// <param name="channel">Null: there is no app, and no actor will ever be active here.</param>
internal sealed class ActorApp(AppHealth health, IAppChannel? channel = null)
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public bool IsReachable => channel is not null && health.IsHealthy;

    /// <summary>The body of GET /dapr/config; null when the app has none. Throws <see cref="HttpRequestException"/> while it cannot be reached.</summary>
    public async Task<ReadOnlyMemory<byte>?> ConfigurationAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/dapr/config", UriKind.Relative));
        using var response = await Channel.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return response.StatusCode == HttpStatusCode.OK && body.Length > 0 ? body : null;
    }

    /// <summary>Throws <see cref="ActorException"/> for every answer but 200, and for none.</summary>
    public Task<ActorAnswer> InvokeAsync(ActorCall call, CancellationToken cancellationToken) =>
        PutAsync(call.Actor, call.Method, call.Query, call.Body, call.Headers, cancellationToken);

    public Task<ActorAnswer> RemindAsync(ActorAddress actor, ScheduledCall reminder, string? reentrancyId, CancellationToken cancellationToken) =>
        PutAsync(actor, $"remind/{reminder.Name}", "", Body(reminder), HeadersOf(reentrancyId), cancellationToken);

    public Task<ActorAnswer> FireAsync(ActorAddress actor, ScheduledCall timer, string? reentrancyId, CancellationToken cancellationToken) =>
        PutAsync(actor, $"timer/{timer.Name}", "", Body(timer), HeadersOf(reentrancyId), cancellationToken);

    /// <summary>Throws <see cref="ActorException"/> when the app did not answer 200.</summary>
    public async Task DeactivateAsync(ActorAddress actor, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, TargetPath.ToUri($"/actors/{Segment(actor.Type)}/{Segment(actor.Id)}"));
        using var response = await SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw await FailedAsync(response, cancellationToken);
        }
    }

    private IAppChannel Channel => channel ?? throw new HttpRequestException("app channel is not initialized");

    private async Task<ActorAnswer> PutAsync(
        ActorAddress actor,
        string method,
        string query,
        ReadOnlyMemory<byte> body,
        IReadOnlyList<KeyValuePair<string, string[]>> headers,
        CancellationToken cancellationToken)
    {
        var path = $"actors/{Segment(actor.Type)}/{Segment(actor.Id)}/method/{Segment(method)}";
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(TargetPath.ToUri($"/{path}").OriginalString + query, UriKind.Relative))
        {
            Content = new ReadOnlyMemoryContent(body),
        };
        foreach (var (name, values) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, values))
            {
                request.Content.Headers.TryAddWithoutValidation(name, values);
            }
        }

        using var response = await SendAsync(request, cancellationToken);
        return response.StatusCode switch
        {
            HttpStatusCode.OK => await ReadAsync(response, cancellationToken),
            HttpStatusCode.NotFound => throw new ActorException(
                ActorFault.Invocation, $"actor method not found: actors/{actor.Type}/{actor.Id}/method/{method}"),
            _ => throw await FailedAsync(response, cancellationToken),
        };
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await Channel.SendAsync(request, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new ActorException(ActorFault.Invocation, exception.Message, exception);
        }
    }

    private static async Task<ActorAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await ActorAnswer.ReadAsync(response, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new ActorException(ActorFault.Invocation, $"failed to read response data: {exception.Message}", exception);
        }
    }

    private static async Task<ActorException> FailedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var answer = await ReadAsync(response, cancellationToken);
        var status = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        return new ActorException(ActorFault.Invocation, $"error from actor service: ({status}) {Encoding.UTF8.GetString(answer.Body.Span)}");
    }

    // A percent sign in a name is a percent sign and not the start of an escape.
    private static string Segment(string name) => name.Replace("%", "%25", StringComparison.Ordinal).Replace("?", "%3F", StringComparison.Ordinal);

    private static KeyValuePair<string, string[]>[] HeadersOf(string? reentrancyId)
    {
        KeyValuePair<string, string[]> type = new("Content-Type", ["application/json"]);
        return reentrancyId is null ? [type] : [type, new(ActorCall.ReentrancyHeader, [reentrancyId])];
    }

    private static ReadOnlyMemory<byte> Body(ScheduledCall call)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(buffer, Json))
        {
            writer.WriteStartObject();
            if (!call.Data.IsEmpty)
            {
                writer.WritePropertyName("data");
                writer.WriteRawValue(call.Data.Span, skipInputValidation: true);
            }

            if (call.Callback is not null)
            {
                writer.WriteString("callback", call.Callback);
            }

            writer.WriteString("dueTime", call.DueTime);
            writer.WriteString("period", call.Period);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
