namespace Sidecar.Resiliency;

/// <summary>What one attempt brought. A failed one still has a value: the last app answer is passed through.</summary>
/// <param name="Code">The HTTP or gRPC status that the policy's <c>matching</c> judges; null: always worth a retry.</param>
internal readonly record struct Attempt<T>(T Value, bool Failed, int? Code)
{
    public static implicit operator Attempt<T>(T value) => new(value, false, null);

    public static Attempt<T> Success(T value) => new(value, false, null);

    public static Attempt<T> Failure(T value, int? code = null) => new(value, true, code);
}
