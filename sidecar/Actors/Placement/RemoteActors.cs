using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Sidecar.Actors.Reminders;
using Sidecar.Host;

namespace Sidecar.Actors.Placement;

/// <summary>Hosts in other processes, reached through the HTTP API of their sidecars.</summary>
internal sealed class RemoteActors(SidecarOptions options) : IDisposable
{
    /// <summary>Tells the other sidecar that it was chosen as the owner: it does not send the call on.</summary>
    public const string Header = "X-Dapr-Remote";

    /// <summary>Before the path of a socket, where an address is one.</summary>
    public const string SocketScheme = "unix:";

    private readonly ConcurrentDictionary<string, RemoteHost> _hosts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, HttpMessageInvoker> _ofSockets = new(StringComparer.Ordinal);
    private readonly HttpMessageInvoker _client = new(NewHandler());

    /// <param name="address">Scheme, host and port of the sidecar's HTTP API, or its socket.</param>
    public IActorHost At(string address) => _hosts.GetOrAdd(address, key => key.StartsWith(SocketScheme, StringComparison.Ordinal)
        ? new RemoteHost("http://localhost", options.ApiToken, _ofSockets.GetOrAdd(key[SocketScheme.Length..], SocketClient))
        : new RemoteHost(key, options.ApiToken, _client));

    public void Dispose()
    {
        _client.Dispose();
        foreach (var client in _ofSockets.Values)
        {
            client.Dispose();
        }
    }

    private static SocketsHttpHandler NewHandler() => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
    };

    private static HttpMessageInvoker SocketClient(string path)
    {
        var handler = NewHandler();
        handler.ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        };
        return new HttpMessageInvoker(handler);
    }

    private sealed class RemoteHost(string address, string? token, HttpMessageInvoker client) : IActorHost
    {
        public async Task<ActorAnswer> InvokeAsync(ActorCall call, CancellationToken cancellationToken)
        {
            using var request = Request(HttpMethod.Put, call.Actor, $"method/{Uri.EscapeDataString(call.Method)}{call.Query}");
            request.Content = new ReadOnlyMemoryContent(call.Body);
            foreach (var (name, values) in call.Headers)
            {
                if (!request.Headers.TryAddWithoutValidation(name, values))
                {
                    request.Content.Headers.TryAddWithoutValidation(name, values);
                }
            }

            using var response = await SendAsync(request, cancellationToken);
            return await ReadAsync(response, cancellationToken);
        }

        public async Task SetReminderAsync(ActorAddress actor, ReminderRequest reminder, CancellationToken cancellationToken)
        {
            using var request = Request(HttpMethod.Put, actor, $"reminders/{Uri.EscapeDataString(reminder.Name)}");
            request.Content = new ReadOnlyMemoryContent(Body(reminder));
            using var response = await SendAsync(request, cancellationToken);
        }

        public async Task DeleteReminderAsync(ActorAddress actor, string name, CancellationToken cancellationToken)
        {
            using var request = Request(HttpMethod.Delete, actor, $"reminders/{Uri.EscapeDataString(name)}");
            using var response = await SendAsync(request, cancellationToken);
        }

        private HttpRequestMessage Request(HttpMethod method, ActorAddress actor, string rest)
        {
            var path = $"{address}/v1.0/actors/{Uri.EscapeDataString(actor.Type)}/{Uri.EscapeDataString(actor.Id)}/{rest}";
            var request = new HttpRequestMessage(method, new Uri(path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
            request.Headers.TryAddWithoutValidation(Header, "true");
            if (token is { Length: > 0 })
            {
                request.Headers.TryAddWithoutValidation("dapr-api-token", token);
            }

            return request;
        }

        private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response;
            try
            {
                response = await client.SendAsync(request, cancellationToken);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                // The owner may be gone; who comes after it is found by looking again.
                throw new ActorException(ActorFault.Moved, $"failed to invoke target {address}: {exception.Message}", exception)
                {
                    IsOutcomeUnknown = exception is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError },
                };
            }

            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                throw Failure(response.StatusCode, (await ReadAsync(response, cancellationToken)).Body);
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

        // The words of the fault without those that this sidecar's API puts before it once more.
        private static ActorException Failure(HttpStatusCode status, ReadOnlyMemory<byte> body)
        {
            var (code, message) = ("", $"the owner's sidecar answered {(int)status}");
            try
            {
                using var document = JsonDocument.Parse(body);
                code = document.RootElement.GetProperty("errorCode").GetString() ?? "";
                message = document.RootElement.GetProperty("message").GetString() ?? message;
            }
            catch (Exception other) when (other is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                return new ActorException(ActorFault.Invocation, message, other);
            }

            return code switch
            {
                "ERR_ACTOR_STACK_DEPTH" => new ActorException(ActorFault.StackDepth, message),
                "ERR_ACTOR_REMINDER_ALREADY_EXISTS" => new ActorException(ActorFault.AlreadyExists, message),
                "ERR_ACTOR_NO_ADDRESS" or "ERR_ACTOR_RUNTIME_CLOSED" or "ERR_ACTOR_REMINDER_NON_HOSTED" => ActorException.Moved(),
                _ when message.EndsWith(ActorException.Moved().Message, StringComparison.Ordinal) => ActorException.Moved(),
                _ => new ActorException(ActorFault.Invocation, message[(message.IndexOf(": ", StringComparison.Ordinal) is var at and >= 0 ? at + 2 : 0)..]),
            };
        }

        private static ReadOnlyMemory<byte> Body(ReminderRequest reminder)
        {
            var buffer = new ArrayBufferWriter<byte>(256);
            using (var writer = new Utf8JsonWriter(buffer))
            {
                writer.WriteStartObject();
                writer.WriteString("dueTime", reminder.Times.DueTime);
                writer.WriteString("period", reminder.Times.Period);
                writer.WriteString("ttl", reminder.Times.Ttl);
                writer.WriteBoolean("overwrite", reminder.Overwrite);
                writer.WritePropertyName("failure_policy");
                reminder.Failure.Write(writer);
                if (!reminder.Data.IsEmpty)
                {
                    writer.WritePropertyName("data");
                    writer.WriteRawValue(reminder.Data.Span, skipInputValidation: true);
                }

                writer.WriteEndObject();
            }

            return buffer.WrittenMemory;
        }
    }
}
