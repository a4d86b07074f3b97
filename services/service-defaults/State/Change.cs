namespace DaprShop.ServiceDefaults.State;

/// <summary>What a decision wants: the next document, or none to leave the store alone; and what to tell the caller.</summary>
public readonly record struct Change<T, TResult>(T? Next, TResult Result)
    where T : class;

public static class Change
{
    public static Change<T, TResult> To<T, TResult>(T next, TResult result)
        where T : class => new(next, result);

    public static Change<T, TResult> None<T, TResult>(TResult result)
        where T : class => new(null, result);
}
