namespace DaprShop.ServiceDefaults.Batching;

/// <summary>
/// Work that goes on beside whoever starts it. It stays on the scheduler it was started on, so that whoever runs a service owns what the
/// service does in the background too: the thread pool, unless a test brought a scheduler of its own.
/// </summary>
public static class Detached
{
    public static Task Run(Func<Task> work) => Start(work).Unwrap();

    public static Task<T> Run<T>(Func<Task<T>> work) => Start(work).Unwrap();

    /// <summary>Cancels, and returns when everybody has been told: as <see cref="CancellationTokenSource.CancelAsync"/>, which knows only the thread pool.</summary>
    public static Task CancelAsync(CancellationTokenSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Task.Factory.StartNew(source.Cancel, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current);
    }

    /// <summary>
    /// As <see cref="Task{T}.WaitAsync(CancellationToken)"/> on what others complete: that goes by way of the thread pool when the task is of a
    /// source that runs its continuations asynchronously.
    /// </summary>
    public static Task<T> WaitAsync<T>(Task<T> work, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled ? FollowAsync(work).WaitAsync(cancellationToken) : work;

    /// <inheritdoc cref="WaitAsync{T}(Task{T}, CancellationToken)"/>
    public static Task WaitAsync(Task work, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled ? FollowAsync(work).WaitAsync(cancellationToken) : work;

    private static async Task FollowAsync(Task work) => await work;

    private static async Task<T> FollowAsync<T>(Task<T> work) => await work;

    private static Task<T> Start<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current);
}
