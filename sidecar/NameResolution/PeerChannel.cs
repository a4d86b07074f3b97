using System.Globalization;
using System.Net;
using Sidecar.Grpc;
using Sidecar.Invocation;

namespace Sidecar.NameResolution;

/// <summary>The peer could not be reached, and got nothing of the call.</summary>
internal sealed class PeerUnreachableException(string message, Exception? inner = null) : HttpRequestException(HttpRequestError.ConnectionError, message, inner);

/// <summary>The way to an app through its sidecar in another process.</summary>
internal sealed class PeerChannel(Replica replica, PeerClient client, Action<Replica, Exception> leaveOut) : IAppChannel
{
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.RequestUri = new Uri(replica.Address + request.RequestUri!.OriginalString, Verbatim);
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Headers.TryAddWithoutValidation(SidecarHeaders.Secret, replica.Secret);
        HttpResponseMessage answer;
        try
        {
            answer = await client.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failure) when (!cancellationToken.IsCancellationRequested)
        {
            leaveOut(replica, failure);
            throw failure.HttpRequestError == HttpRequestError.ConnectionError
                ? new PeerUnreachableException(failure.Message, failure)
                : new HttpRequestException(HttpRequestError.ConnectionError, $"the sidecar of {replica.AppId} broke the call off: {failure.Message}", failure);
        }

        if (SidecarHeaders.Find(answer, SidecarHeaders.Fault) is { } fault)
        {
            using (answer)
            {
                throw await FailureAsync(fault, answer, cancellationToken);
            }
        }

        return answer;
    }

    private async Task<Exception> FailureAsync(string fault, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (fault == PeerFault.Stranger)
        {
            // Somebody else listens there by now.
            var stranger = new PeerUnreachableException($"what listens at {replica.Address} is not the sidecar of {replica.AppId}");
            leaveOut(replica, stranger);
            return stranger;
        }

        var message = await answer.Content.ReadAsStringAsync(cancellationToken);
        return fault == PeerFault.App
            ? new HttpRequestException(message)
            : new InvocationRefusedException((GrpcStatusCode)int.Parse(fault, CultureInfo.InvariantCulture), message);
    }
}
