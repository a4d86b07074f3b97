using System.Text.Json;

namespace Dapr.Client.Http;

/// <summary><c>POST /v1.0-alpha1/lock/{store}</c> and <c>/unlock/{store}</c>.</summary>
internal sealed class LockApi(SidecarApi api)
{
    public async Task<bool> TryLockAsync(
        string storeName, string resourceId, string lockOwner, int expiryInSeconds, CancellationToken cancellationToken)
    {
        if (expiryInSeconds <= 0)
        {
            throw new ArgumentException("A lock needs an expiry of at least one second.", nameof(expiryInSeconds));
        }

        var answer = await AskAsync<LockAnswer>("lock", storeName, resourceId, lockOwner, expiryInSeconds, cancellationToken);
        return answer?.Success ?? false;
    }

    public async Task<LockStatus> UnlockAsync(string storeName, string resourceId, string lockOwner, CancellationToken cancellationToken)
    {
        var answer = await AskAsync<UnlockAnswer>("unlock", storeName, resourceId, lockOwner, null, cancellationToken);
        return answer is { Status: >= LockStatus.Success and <= LockStatus.InternalError } known ? known.Status : LockStatus.InternalError;
    }

    private Task<T?> AskAsync<T>(
        string verb, string storeName, string resourceId, string lockOwner, int? expiryInSeconds, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(resourceId);
        ArgumentException.ThrowIfNullOrEmpty(lockOwner);
        var body = JsonBody.Write(api.Json, (resourceId, lockOwner, expiryInSeconds), static (writer, request) =>
        {
            writer.WriteStartObject();
            writer.WriteString("resourceId", request.resourceId);
            writer.WriteString("lockOwner", request.lockOwner);
            if (request.expiryInSeconds is { } seconds)
            {
                writer.WriteNumber("expiryInSeconds", seconds);
            }

            writer.WriteEndObject();
        });
        var path = SidecarPath.To("/v1.0-alpha1").Segment(verb).Segment(storeName);
        return api.AskJsonAsync<T>(new($"The {verb} of", resourceId), api.Request(HttpMethod.Post, path, body), JsonSerializerOptions.Web, cancellationToken);
    }

    private sealed record LockAnswer(bool Success);

    private sealed record UnlockAnswer(LockStatus Status);
}
