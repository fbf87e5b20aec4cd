#lang racket/base
;; Makes (require architecto) mean this checkout in every Racket file of the user who runs it, also in
;; DrRacket: a link of the collection, in the user's own list for this version of Racket. Another
;; checkout's link gives way, and that is said: the last one that was set up counts. Where the list
;; cannot be written, one line says so; spaces and problems that are searched from here find this
;; checkout without it.
;;
;;     racket .make/link-collection.rkt

(require racket/runtime-path setup/link)

(define name "architecto")
(define-runtime-path folder "../racket")
(define here (simplify-path (path->complete-path folder)))

(define (link!)
  (define linked
    (for/list ([known (in-list (links #:user? #t #:with-path? #t))] #:when (equal? name (car known)))
      (simplify-path (cdr known))))
  (unless (equal? linked (list here))
    (unless (null? linked) (links #:user? #t #:name name #:remove? #t))
    (links here #:user? #t #:name name)
    (printf "set-up: (require ~a) in a Racket file means ~a now~a\n" name here
            (if (null? linked) "" (format ", and no longer ~a" (car linked))))))

(module+ main
  (with-handlers ([exn:fail?
                   (λ (e)
                     (eprintf "set-up: (require ~a) works only in files that are searched here: ~a\n"
                              name (regexp-replace* #rx"\n *" (exn-message e) " ")))])
    (link!)))
