using System.Reflection;

namespace Dapr.Actors.Runtime;

/// <summary>The method of an actor class that a timer calls by name; it need not be public.</summary>
internal static class TimerCallback
{
    private const BindingFlags Anywhere = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Throws <see cref="ArgumentException"/> for a name that no timer can call.</summary>
    public static MethodInfo Find(Type actorType, string? name)
    {
        // A base class's private methods are seen only by looking into each class.
        for (var type = actorType; type is not null; type = type.BaseType)
        {
            var found = type.GetMember(name ?? "", MemberTypes.Method, Anywhere).Cast<MethodInfo>().ToList();
            if (found.Count > 0)
            {
                return found.Count == 1 && IsCallable(found[0])
                    ? found[0]
                    : throw new ArgumentException(
                        $"{actorType.Name}.{name} cannot be a timer's callback: it must answer Task, take nothing or one byte[], and not be overloaded.");
            }
        }

        throw new ArgumentException($"{actorType.Name} has no method {name} that a timer could call.");
    }

    public static async Task<bool> InvokeAsync(Actor actor, ScheduleBody timer)
    {
        var method = Find(actor.GetType(), timer.Callback);
        object?[] arguments = method.GetParameters().Length == 0 ? [] : [timer.Data];
        var turn = (Task)method.Invoke(actor, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null)!;
        await turn;
        return turn is Task<bool> answer && await answer;
    }

    private static bool IsCallable(MethodInfo method) =>
        typeof(Task).IsAssignableFrom(method.ReturnType)
        && !method.IsGenericMethod
        && method.GetParameters() is var parameters
        && (parameters.Length == 0 || (parameters.Length == 1 && parameters[0].ParameterType == typeof(byte[])));
}
